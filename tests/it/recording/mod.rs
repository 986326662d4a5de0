//! Recordings: what is written is what is read, whatever happened to the file meanwhile.

mod damage;
mod hostile;
mod round_trip;
mod series;

use std::path::Path;

use thor_cutover::model::observation::Observation;
use thor_cutover::recording::{Header, Reader, RecordingError, Writer};

fn write(path: &Path, header: &Header, observations: &[Observation<'_>]) {
    let mut writer = Writer::create(path, header).unwrap();
    for observation in observations {
        writer.write(observation).unwrap();
    }
    writer.close().unwrap();
}

fn read(path: &Path) -> Result<(Vec<Observation<'static>>, Reader), RecordingError> {
    let (_, mut reader) = Reader::open(path)?;
    let mut observations = Vec::new();
    while let Some(observation) = reader.next()? {
        observations.push(observation.into_owned());
    }
    Ok((observations, reader))
}
