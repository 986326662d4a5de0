//! Reads ahead in a thread of its own, so that reading and judging do not wait for one another.

use std::sync::mpsc::sync_channel;
use std::thread;

use crate::model::observation::{Event, Observation};
use crate::recording::error::RecordingError;
use crate::recording::series::Series;

/// Handed over together, so many batches ahead at most.
const BATCH_OBSERVATIONS: usize = 64;
const BATCH_BYTES: usize = 16 << 10;
const BATCHES: usize = 2;

/// Gives `take` every observation of the run, in order, up to where reading fails.
///
/// # Errors
/// As [`Series::next`].
pub fn read_ahead(series: &mut Series, mut take: impl FnMut(&Observation<'_>)) -> Result<(), RecordingError> {
    let (sender, batches) = sync_channel::<Vec<Observation<'static>>>(BATCHES);
    thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let mut batch = Vec::new();
            let mut bytes = 0;
            let mut result = Ok(());
            loop {
                match series.next() {
                    Ok(Some(observation)) => {
                        bytes += length(&observation.event);
                        batch.push(observation.into_owned());
                    }
                    Ok(None) => break,
                    Err(error) => {
                        result = Err(error);
                        break;
                    }
                }
                if batch.len() == BATCH_OBSERVATIONS || bytes > BATCH_BYTES {
                    bytes = 0;
                    if sender.send(std::mem::take(&mut batch)).is_err() {
                        break;
                    }
                }
            }
            // Nobody listens any more only where judging has failed already.
            let _ = sender.send(batch);
            result
        });
        for batch in batches {
            for observation in &batch {
                take(observation);
            }
        }
        reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn length(event: &Event<'_>) -> usize {
    match event {
        Event::Message(frame) => frame.len(),
        Event::Rest(answer) => answer.body.len(),
        _ => 0,
    }
}
