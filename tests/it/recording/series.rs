//! Several files in order are one run.

use thor_cutover::model::observation::{End, Event, Observation};
use thor_cutover::model::time::Nanos;
use thor_cutover::recording::{RecordingError, Series};

fn given(files: &[&str]) -> (tempfile::TempDir, Vec<std::path::PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let write = |(index, text): (usize, &&str)| {
        let path = folder.path().join(format!("{index}.ndjson"));
        std::fs::write(&path, text).unwrap();
        path
    };
    let paths = files.iter().enumerate().map(write).collect();
    (folder, paths)
}

fn read(files: &[&str]) -> Result<(Vec<Observation<'static>>, End), RecordingError> {
    let (_folder, paths) = given(files);
    let (_, mut series) = Series::open(&paths)?;
    series.check_one_config()?;
    let mut observations = Vec::new();
    while let Some(observation) = series.next()? {
        observations.push(observation.into_owned());
    }
    Ok((observations, series.end()))
}

#[test]
fn parts_of_a_rotated_recording_go_on_without_a_seam() {
    let (observations, end) = read(&[
        "{\"thor_cutover_recording\":1,\"started_at\":\"2026-11-23T14:30:00Z\"}\n{\"t\":1,\"link\":\"open\"}\n",
        "{\"thor_cutover_recording\":1,\"started_at\":\"2026-11-23T14:30:00Z\",\"part\":2}\n{\"t\":5,\"end\":\"completed\"}\n",
    ])
    .unwrap();
    let expected =
        [Observation::of(Nanos(1), Event::Open), Observation::of(Nanos(5), Event::End(End::Completed))];
    assert_eq!((observations.as_slice(), end), (expected.as_slice(), End::Completed));
}

#[test]
fn separate_recordings_are_placed_by_their_start_and_the_socket_counts_as_closed_between() {
    let (observations, end) = read(&[
        "{\"thor_cutover_recording\":1,\"started_at\":\"2026-11-23T14:30:00Z\"}\n{\"t\":1,\"link\":\"open\"}\n{\"t\":9,\"end\":\"interrupted\"}\n",
        "{\"thor_cutover_recording\":1,\"started_at\":\"2026-11-23T14:30:01Z\"}\n{\"t\":5,\"link\":\"open\"}\n\
         {\"t\":7,\"rest\":{\"feature\":\"x\",\"sent\":6,\"error\":\"timeout\"}}\n",
    ])
    .unwrap();
    let times: Vec<_> = observations.iter().map(|observation| observation.at.0).collect();
    assert_eq!(times, [1, 9, 1_000_000_005, 1_000_000_007]);
    assert!(matches!(observations[1].event, Event::Closed { code: 1006, .. }));
    assert!(matches!(observations[3].event, Event::RestError { sent: Nanos(1_000_000_006), .. }));
    assert_eq!(end, End::Interrupted);
}

#[test]
fn recordings_that_overlap_or_differ_in_their_configuration_are_refused() {
    let recording = |second: u32, nanos: u64, config: &str| {
        format!(
            "{{\"thor_cutover_recording\":1,\"started_at\":\"2026-11-23T14:30:0{second}Z\"{config}}}\n{{\"t\":{nanos},\"link\":\"open\"}}\n"
        )
    };
    let (early, late) = (recording(0, 5, ""), recording(1, 5, ""));
    assert!(read(&[&early, &late]).is_ok());
    assert!(matches!(read(&[&recording(0, 2_000_000_000, ""), &late]), Err(RecordingError::Mixed { .. })));
    let configured = recording(1, 5, ",\"config\":{\"features\":[]}");
    assert!(matches!(read(&[&early, &configured]), Err(RecordingError::Mixed { .. })));
}

#[test]
fn dated_files_are_put_in_order_whatever_the_shell_did() {
    let part = |number: u32, nanos: u64| {
        format!(
            "{{\"thor_cutover_recording\":1,\"started_at\":\"2026-11-23T14:30:00Z\",\"part\":{number}}}\n{{\"t\":{nanos},\"link\":\"open\"}}\n"
        )
    };
    let (observations, _) = read(&[&part(1, 1), &part(3, 30), &part(2, 2)]).unwrap();
    let times: Vec<_> = observations.iter().map(|observation| observation.at.0).collect();
    assert_eq!(times, [1, 2, 30]);
}

#[test]
fn recordings_without_a_date_follow_each_other() {
    let part =
        "{\"thor_cutover_recording\":1}\n{\"t\":10,\"link\":\"failed\"}\n{\"t\":20,\"end\":\"completed\"}\n";
    let (observations, end) = read(&[part, part]).unwrap();
    let times: Vec<_> = observations.iter().map(|observation| observation.at.0).collect();
    assert_eq!((times.as_slice(), end), ([10, 30, 40].as_slice(), End::Completed));
}
