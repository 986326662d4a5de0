//! The files of a tree as texts that are parsed when a question first leads to them, and not before.
//!
//! Why nothing is lost. Resolving a name follows imports from file to file, and asks for a file's module when it
//! comes there: that way every file is parsed that an answer goes through. What is left are the questions to the
//! whole tree: who calls `x`, which classes are consumers, where is a path written. Each of them names something,
//! and the common form borrows its names from the text, so only a file that holds the word can answer: `words`
//! says which. What no word can tell is told by `links`, the files that a script may import, and by `outline`, what
//! a Python file imports and offers; both are read off the text and take too much for an import rather than too
//! little. A file that no question leads to would have answered none, and the report is the one that parsing every
//! file gives. What it cannot say is whether such a file has a syntax error: the report counts these files instead.
//!
//! Two things are assumed of a file that no question leads to. It is well-formed: where the parser puts a broken
//! text together again, a call's name and its parentheses may have anything between them. And the key `type` and
//! the first part of a URL's path stand there in one piece, not as two texts side by side. A decision does not rest
//! on that: `checklist` has every file parsed, as `audit --whole` has.

mod links;
mod outline;
mod words;

use std::sync::{Mutex, OnceLock, PoisonError};

use super::code::Module;
use super::code::parse::{Parsed, Parsers, Trouble};
use super::parallel;
use super::tree::Language;

pub(in crate::audit) use links::{Links, may_be_default, quoted};
pub(in crate::audit) use outline::{Outline, Written, imports, in_name};
pub(in crate::audit) use words::{Words, words};

/// One file of code: a page's scripts, too.
#[derive(Debug, Clone, Copy)]
pub(in crate::audit) struct Unit<'s> {
    pub path: &'s str,
    pub language: Language,
    pub text: &'s str,
}

pub(in crate::audit) struct Shelf<'s> {
    pub units: Vec<Unit<'s>>,
    pub words: Words<'s>,
    parsed: Vec<OnceLock<Parsed<'s>>>,
    /// Those that no thread is using.
    parsers: Mutex<Vec<Parsers>>,
}

/// What gives the parsed form of a file.
pub(in crate::audit) trait Modules<'p>: Sync {
    fn module(&'p self, unit: usize) -> &'p Module<'p>;
    /// Has these files parsed by all threads, where they are not yet.
    fn fetch(&self, units: &[usize]);
    fn is_parsed(&self, unit: usize) -> bool;
}

impl<'s> Shelf<'s> {
    pub fn new(units: Vec<Unit<'s>>) -> Self {
        let words = Words::new(&units);
        let parsed = units.iter().map(|_| OnceLock::new()).collect();
        Self { units, words, parsed, parsers: Mutex::default() }
    }

    fn parsed(&self, unit: usize) -> &Parsed<'s> {
        self.parsed[unit].get_or_init(|| {
            let mut parsers = self.parser();
            let file = &self.units[unit];
            let parsed = parsers.parse(file.language, file.text);
            self.parsers.lock().unwrap_or_else(PoisonError::into_inner).push(parsers);
            parsed
        })
    }

    fn parser(&self) -> Parsers {
        let idle = self.parsers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.unwrap_or_else(Parsers::new)
    }

    /// The files that were parsed, each with what was wrong with it.
    pub fn read(&self) -> impl Iterator<Item = (&Unit<'s>, Option<Trouble>)> {
        let all = self.units.iter().zip(&self.parsed);
        all.filter_map(|(unit, parsed)| Some((unit, parsed.get()?.trouble)))
    }

    /// Gives the memory back, which takes a while.
    pub fn clear(mut self) {
        let rest = self.parsed.split_off(self.parsed.len() / 2);
        parallel::both(|| drop(rest), || drop(self));
    }
}

impl<'s: 'p, 'p> Modules<'p> for Shelf<'s> {
    fn module(&'p self, unit: usize) -> &'p Module<'p> {
        &self.parsed(unit).module
    }

    fn fetch(&self, units: &[usize]) {
        let missing: Vec<usize> = units.iter().copied().filter(|unit| !self.is_parsed(*unit)).collect();
        match missing[..] {
            [] => {}
            [only] => {
                self.parsed(only);
            }
            _ => {
                parallel::map(
                    missing.len(),
                    || (),
                    |(), at| {
                        self.parsed(missing[at]);
                    },
                );
            }
        }
    }

    fn is_parsed(&self, unit: usize) -> bool {
        self.parsed[unit].get().is_some()
    }
}
