//! Everything that a feature's push or answer depends on: from its senders, handlers and views down to what they
//! read, and up to what starts, registers or routes them.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

use ruff_python_ast::Stmt;
use ruff_text_size::{Ranged as _, TextRange};

use super::code::{Meaning, PythonCode, Toplevel};
use super::entries;
use super::reads::Reads;

/// So many definitions are followed; what depends on more depends on everything.
const MOST_DEFINITIONS: usize = 20_000;
/// A method that is called on something unknown is looked for by its name, if it is as rare as this.
const RARE: usize = 8;

/// How much of a top-level statement counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Extent {
    Whole,
    /// Without the entries of others: of those that are asked about.
    EntriesOf(BTreeSet<Named>),
}

/// What an entry names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Named {
    Definition(Toplevel),
    Module(usize),
}

/// The definitions of one side of a feature.
#[derive(Debug, Default)]
pub(super) struct Dependencies<'s> {
    pub statements: BTreeMap<Toplevel, Extent>,
    /// Imports by which names are bound: the statement and the name.
    pub imports: BTreeSet<(Toplevel, &'s str)>,
    /// Files that count as a whole: something in them could not be resolved.
    pub files: BTreeSet<usize>,
    /// Names that more than one statement of a file binds.
    pub ambiguous: BTreeSet<(usize, &'s str)>,
    pub overflows: bool,
}

/// Follows what is read.
pub(super) struct Follower<'c, 's, 't> {
    pub code: &'c PythonCode<'s, 't>,
    /// Parts of statements that do not count: handlers of other features.
    pub left_out: &'c BTreeMap<Toplevel, Vec<TextRange>>,
    /// Never reached by a method's name alone: what a REST view does is no part of a push.
    pub views: &'c HashSet<Toplevel>,
    pub found: Dependencies<'s>,
    queue: VecDeque<Toplevel>,
    texts: HashSet<&'s str>,
}

impl<'c, 's, 't> Follower<'c, 's, 't> {
    pub fn new(
        code: &'c PythonCode<'s, 't>,
        left_out: &'c BTreeMap<Toplevel, Vec<TextRange>>,
        views: &'c HashSet<Toplevel>,
    ) -> Self {
        Self {
            code,
            left_out,
            views,
            found: Dependencies::default(),
            queue: VecDeque::new(),
            texts: HashSet::new(),
        }
    }

    pub fn add(&mut self, unit: Toplevel) {
        if self.found.statements.insert(unit, Extent::Whole) != Some(Extent::Whole) {
            self.queue.push_back(unit);
        }
    }

    /// A class of which more counts than before.
    pub fn add_again(&mut self, unit: Toplevel) {
        self.found.statements.insert(unit, Extent::Whole);
        self.queue.push_back(unit);
    }

    /// The entries of a statement that name this; `true` where that is news.
    pub fn add_entries(&mut self, unit: Toplevel, of: Named) -> bool {
        let extent = self.found.statements.entry(unit).or_insert_with(|| Extent::EntriesOf(BTreeSet::new()));
        let news = match extent {
            Extent::Whole => false,
            Extent::EntriesOf(all) => all.insert(of),
        };
        if news {
            self.queue.push_back(unit);
        }
        news
    }

    /// Every text that what was followed so far contains.
    pub fn texts(&self) -> &HashSet<&'s str> {
        &self.texts
    }

    /// Follows everything added, to the end.
    pub fn follow(&mut self) {
        while let Some(unit) = self.queue.pop_front() {
            if self.found.statements.len() > MOST_DEFINITIONS {
                self.found.overflows = true;
                return;
            }
            self.statement(unit);
        }
    }

    /// What of a statement does not count.
    pub fn dropped(&self, unit: Toplevel) -> Vec<TextRange> {
        let mut dropped = self.left_out.get(&unit).cloned().unwrap_or_default();
        if let Some(Extent::EntriesOf(all)) = self.found.statements.get(&unit) {
            let named = |meaning: &Meaning<'_>| {
                meaning.definitions.iter().any(|it| all.contains(&Named::Definition(*it)))
                    || meaning.modules.iter().any(|it| all.contains(&Named::Module(*it)))
            };
            let ranges = mentions(self.code, unit, named);
            let mentions = |range: TextRange| ranges.iter().any(|it| range.contains_range(*it));
            dropped.extend(entries::of_others(self.code.file(unit), self.code.statement(unit), &mentions));
        }
        dropped
    }

    fn statement(&mut self, unit: Toplevel) {
        let code = self.code;
        let source = code.file(unit);
        if source.trouble.is_some() {
            self.found.files.insert(unit.file);
        }
        let dropped = self.dropped(unit);
        let counts = |range: TextRange| !dropped.iter().any(|dropped| dropped.contains_range(range));
        let reads: &Reads<'s> = code.reads(unit);
        if reads.computed.iter().any(|range| counts(*range)) {
            self.found.files.insert(unit.file);
        }
        for read in reads.names.iter().filter(|read| counts(read.range)) {
            let meaning = code.meaning(unit.file, read);
            if !meaning.is_bound && !is_builtin(read.parts[0]) && self.knows_all_names(unit.file) {
                self.found.files.insert(unit.file);
            }
            if read.in_call {
                let own = |module: &&usize| !self.is_asked_about(unit, **module);
                let handed_on: Vec<usize> = meaning.modules.iter().filter(own).copied().collect();
                self.found.files.extend(handed_on);
            }
            self.settings(&meaning);
            self.meaning(unit, meaning);
        }
        for (_, text) in reads.texts.iter().filter(|(range, _)| counts(*range)) {
            self.texts.insert(text);
            if is_dotted(text) {
                let meaning = code.text_meaning(unit.file, text);
                self.meaning(unit, meaning);
            }
        }
        for (_, name) in reads.attributes.iter().filter(|(range, _)| counts(*range)) {
            let known = code.methods.get(name).map_or(&[][..], Vec::as_slice);
            if known.len() <= RARE && !is_common(name) {
                let known: Vec<_> = known.iter().filter(|it| !self.views.contains(it)).copied().collect();
                known.into_iter().for_each(|it| self.add(it));
            }
        }
        match self.found.statements.get(&unit) {
            Some(Extent::Whole) => self.siblings(unit),
            _ => self.later_bindings(unit),
        }
    }

    /// Statements beside it that change what its names mean.
    fn siblings(&mut self, unit: Toplevel) {
        let code = self.code;
        let names = &code.files[unit.file];
        for name in code.bound_by(unit) {
            if names.ways(name) > 1 {
                self.found.ambiguous.insert((unit.file, name));
                let all = names.names[name].iter().map(|(at, _)| Toplevel { file: unit.file, at: *at });
                all.filter(|it| !is_import(code.statement(*it))).for_each(|it| self.add(it));
            }
            if code.statement(unit).is_function_def_stmt() {
                continue;
            }
            let touching = names.touched.get(name).map_or(&[][..], Vec::as_slice);
            touching.iter().for_each(|at| self.add(Toplevel { file: unit.file, at: *at }));
            if !code.statement(unit).is_class_def_stmt() {
                let body = &code.file(unit).syntax().body;
                let writers = (0..body.len()).map(|at| Toplevel { file: unit.file, at });
                let writers = writers.filter(|it| is_definition(code.statement(*it)));
                let writers: Vec<_> = writers.filter(|it| code.reads(*it).globals.contains(&name)).collect();
                writers.into_iter().for_each(|it| self.add(it));
            }
        }
    }

    /// A list of entries that is bound anew below is not the list that is read.
    fn later_bindings(&mut self, unit: Toplevel) {
        let code = self.code;
        for name in code.bound_by(unit) {
            let all = code.files[unit.file].names[name].iter().map(|(at, _)| *at).filter(|at| *at > unit.at);
            let later = all.map(|at| Toplevel { file: unit.file, at });
            let anew = later.filter(|it| !code.statement(*it).is_aug_assign_stmt());
            anew.filter(|it| !is_import(code.statement(*it))).for_each(|it| self.add(it));
        }
    }

    /// Modules are entered by what is asked of them only.
    fn meaning(&mut self, reader: Toplevel, meaning: Meaning<'s>) {
        for (unit, name) in meaning.imports {
            match self.code.statement(unit) {
                Stmt::Import(_) | Stmt::ImportFrom(_) => {
                    self.found.imports.insert((unit, name));
                    if self.code.files[unit.file].ways(name) > 1 {
                        self.found.ambiguous.insert((unit.file, name));
                    }
                }
                // An import under a condition stands or falls with it.
                _ => self.add(unit),
            }
        }
        // What an entry names was the way up to it, and counts as far as it was found on that way.
        let asked_about = match self.found.statements.get(&reader) {
            Some(Extent::EntriesOf(all)) => all.clone(),
            _ => BTreeSet::new(),
        };
        let further = meaning.definitions.into_iter();
        let further = further.filter(|it| !asked_about.contains(&Named::Definition(*it)));
        further.for_each(|it| self.add(it));
        self.found.files.extend(meaning.lacking);
    }

    /// Settings by name: those the code asks `django.conf.settings` for, and those the frameworks read.
    fn settings(&mut self, meaning: &Meaning<'s>) {
        for dotted in &meaning.external {
            let implied: &[&str] = match dotted.split('.').next().unwrap_or_default() {
                "channels" => &["CHANNEL_LAYERS", "ASGI_APPLICATION"],
                "rest_framework" => &["REST_FRAMEWORK", "USE_TZ", "TIME_ZONE"],
                "django" => &["USE_TZ", "TIME_ZONE"],
                _ => &[],
            };
            let asked = dotted.strip_prefix("django.conf.settings.");
            let asked = asked.map(|rest| rest.split('.').next().unwrap_or(rest));
            for name in asked.into_iter().chain(implied.iter().copied()) {
                self.setting(name);
            }
        }
    }

    fn setting(&mut self, name: &str) {
        for &file in &self.code.settings {
            let Some(bound) = self.code.files[file].names.get(name) else { continue };
            for (at, _) in bound {
                self.add(Toplevel { file, at: *at });
            }
        }
    }

    /// An entry that names a module means what is registered in it, and that was where it was asked from.
    fn is_asked_about(&self, unit: Toplevel, module: usize) -> bool {
        match self.found.statements.get(&unit) {
            Some(Extent::EntriesOf(all)) => all.contains(&Named::Module(module)),
            _ => false,
        }
    }

    /// No star import from outside could have brought a name.
    fn knows_all_names(&self, file: usize) -> bool {
        let body = &self.code.sources().files[file].syntax().body;
        !body.iter().any(|it| match it {
            Stmt::ImportFrom(it) => it.names.iter().any(|alias| alias.name.id == "*"),
            _ => false,
        })
    }
}

/// Where a statement names something, by name or by a dotted text.
pub(super) fn mentions<'s>(
    code: &PythonCode<'s, '_>,
    unit: Toplevel,
    is_named: impl Fn(&Meaning<'s>) -> bool,
) -> Vec<TextRange> {
    let reads = code.reads(unit);
    let names = reads.names.iter().filter(|read| is_named(&code.meaning(unit.file, read)));
    let mut found: Vec<TextRange> = names.map(|read| read.range).collect();
    let texts = reads.texts.iter().filter(|(_, text)| is_dotted(text));
    let texts = texts.filter(|(_, text)| is_named(&code.text_meaning(unit.file, text)));
    found.extend(texts.map(|(range, _)| *range));
    found
}

pub(super) fn is_import(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Import(_) | Stmt::ImportFrom(_))
}

pub(super) fn is_definition(statement: &Stmt) -> bool {
    matches!(statement, Stmt::FunctionDef(_) | Stmt::ClassDef(_))
}

/// `a.b.c` or `a.b:c`, as texts name modules and what is in them.
fn is_dotted(text: &str) -> bool {
    let word = |word: &str| {
        word.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && word.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    text.len() < 200 && text.contains('.') && text.split(['.', ':']).all(word)
}

/// The name of the statement's own place, for what has no name.
pub(super) fn first_words(text: &str, range: TextRange) -> String {
    let slice = text.get(range.start().to_usize()..range.end().to_usize()).unwrap_or("");
    let line = slice.lines().next().unwrap_or("");
    line.chars().take(40).collect()
}

/// Methods of the language's own types, of Django's querysets and of HTTP: called on anything.
fn is_common(name: &str) -> bool {
    const COMMON: &str = " add aggregate all annotate append as_view bulk_create cancel clear close connect copy count create \
        decode delete dict discard encode error exception exclude execute exists extend filter find first format get \
        get_or_create head index info insert isoformat items join keys last list lower lstrip open options order_by \
        patch pop post put read recv remove replace reverse rstrip run save send set setdefault sort split start \
        startswith endswith stop strip sub title update update_or_create upper utcnow now values values_list wait warning \
        debug write __init__ __str__ __repr__ ";
    COMMON.contains(&format!(" {name} "))
}

fn is_builtin(name: &str) -> bool {
    const BUILTINS: &str = " ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError \
        BrokenPipeError BufferError BytesWarning ChildProcessError ConnectionAbortedError ConnectionError \
        ConnectionRefusedError ConnectionResetError DeprecationWarning EOFError Ellipsis EncodingWarning \
        EnvironmentError Exception ExceptionGroup False FileExistsError FileNotFoundError FloatingPointError \
        FutureWarning GeneratorExit IOError ImportError ImportWarning IndentationError IndexError InterruptedError \
        IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError ModuleNotFoundError NameError None \
        NotADirectoryError NotImplemented NotImplementedError OSError OverflowError PendingDeprecationWarning \
        PermissionError ProcessLookupError RecursionError ReferenceError ResourceWarning RuntimeError RuntimeWarning \
        StopAsyncIteration StopIteration SyntaxError SyntaxWarning SystemError SystemExit TabError TimeoutError True \
        TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError \
        UnicodeWarning UserWarning ValueError Warning ZeroDivisionError __build_class__ __debug__ __doc__ __file__ \
        __import__ __loader__ __name__ __package__ __path__ __spec__ __builtins__ __annotations__ __class__ abs aiter \
        all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile complex copyright \
        credits delattr dict dir divmod enumerate eval exec exit filter float format frozenset getattr globals hasattr \
        hash help hex id input int isinstance issubclass iter len license list locals map max memoryview min next \
        object oct open ord pow print property quit range repr reversed round set setattr slice sorted staticmethod \
        str sum super tuple type vars zip WindowsError reveal_type ";
    BUILTINS.contains(&format!(" {name} "))
}

/// The range of a statement.
pub(super) fn range_of(code: &PythonCode<'_, '_>, unit: Toplevel) -> TextRange {
    code.statement(unit).range()
}
