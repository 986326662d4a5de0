//! Recordings in an object store: a folder by its URL, and S3 as moto speaks it.

mod folder;
mod moto;

use std::path::Path;

use serde_json::Value;

/// A report without what says from which command it is.
fn body(mut report: Value) -> Value {
    report["schema"] = Value::Null;
    report
}

/// Every file below a folder, by its name there.
fn files_below(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs_err::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => all.push(path.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/")),
            }
        }
    }
    all.sort();
    all
}
