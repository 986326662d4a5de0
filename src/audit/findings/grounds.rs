//! What an answer that could not be found out hangs on: the text of some files, without comments, as one hash. Where it
//! is another one than before, it is no longer the same thing that is not known.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use crate::audit::program::Program;
use crate::model::text::hex;

pub(super) fn of_files(program: &Program<'_>, units: &BTreeSet<usize>) -> String {
    let mut hash = Sha256::new();
    for unit in units {
        hash.update(program.path(*unit));
        for line in program.units[*unit].text.lines() {
            let line = line.trim_end();
            let is_comment = line.trim_start().starts_with('#');
            if !line.is_empty() && !is_comment {
                hash.update("\n");
                hash.update(line);
            }
        }
    }
    hex(&hash.finalize()[..8])
}
