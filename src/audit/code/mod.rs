//! The common form of Python, as ruff parsed it, and of TypeScript and JavaScript, as oxc did: modules, classes,
//! functions, statements, expressions. One form, so that one evaluator follows values in both; and it lives on its
//! own, where oxc's tree belongs to one thread. Names and plain texts borrow from the source. It knows neither Django nor
//! React, and nothing of other files; types, comments and docstrings are deliberately absent.

pub(in crate::audit) mod logic;
pub(in crate::audit) mod python;
mod python_call;
mod python_definition;
mod python_expression;
pub(in crate::audit) mod script;
mod script_call;
mod script_class;
mod script_element;
mod script_expression;
mod script_module;
mod script_pattern;
mod script_prototype;
mod text;
pub(in crate::audit) mod visit;

use std::borrow::Cow;
use std::collections::HashSet;

use crate::audit::python::DEEPEST;

/// One parsed file. `functions[0]` is the module's own top level.
#[derive(Debug, Default)]
pub(in crate::audit) struct Module<'s> {
    pub functions: Vec<Function<'s>>,
    pub classes: Vec<Class<'s>>,
    pub imports: Vec<Import<'s>>,
    /// Exported name, local name. TypeScript only: everything at a Python module's top level is visible.
    pub exports: Vec<(&'s str, &'s str)>,
    pub re_exports: Vec<ReExport<'s>>,
    /// Names and fields that something is assigned to after they were declared; of Python's own names those that are
    /// counted up, or that another function changes.
    pub changed: HashSet<&'s str>,
}

impl Module<'_> {
    /// A file of which nothing could be read.
    pub fn empty() -> Self {
        Self { functions: vec![Function::top()], ..Self::default() }
    }
}

/// A function, method, lambda or arrow function; also a module's top level and a class's body.
#[derive(Debug)]
pub(in crate::audit) struct Function<'s> {
    /// Empty for a function without a name.
    pub name: &'s str,
    /// The variable, key or field a nameless function was given to: for people and for stores, binds nothing.
    pub label: &'s str,
    pub line: u32,
    /// The function it is written in.
    pub parent: usize,
    pub class: Option<usize>,
    pub role: Role,
    pub is_async: bool,
    /// Python only: it yields.
    pub is_generator: bool,
    pub parameters: Vec<Parameter<'s>>,
    pub decorators: Vec<Expr<'s>>,
    pub body: Vec<Statement<'s>>,
}

impl Function<'_> {
    /// A module's top level, still empty.
    fn top() -> Self {
        Self {
            name: "",
            label: "",
            line: 1,
            parent: 0,
            class: None,
            role: Role::Module,
            is_async: false,
            is_generator: false,
            parameters: Vec::new(),
            decorators: Vec::new(),
            body: Vec::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::audit) enum Role {
    Module,
    Function,
    /// First parameter is the instance (Python), or `this` is (TypeScript).
    Method,
    StaticMethod,
    Inline,
}

#[derive(Debug)]
pub(in crate::audit) struct Parameter<'s> {
    pub pattern: Pattern<'s>,
    pub default: Option<Expr<'s>>,
    pub kind: ParameterKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::audit) enum ParameterKind {
    Plain,
    KeywordOnly,
    /// `*args`, `...rest`
    Rest,
    /// `**kwargs`
    RestKeywords,
}

impl<'s> Parameter<'s> {
    pub fn name(&self) -> &'s str {
        match &self.pattern {
            Pattern::Name(name) => name,
            _ => "",
        }
    }
}

#[derive(Debug, Default)]
pub(in crate::audit) struct Class<'s> {
    pub name: &'s str,
    pub line: u32,
    /// The function it is written in.
    pub parent: usize,
    pub bases: Vec<Expr<'s>>,
    pub methods: Vec<usize>,
    pub attributes: Vec<(&'s str, Expr<'s>)>,
    /// Python only: what has a type in its body, in order, with or without a value: a dataclass's fields.
    pub fields: Vec<&'s str>,
    /// Python only, outermost first. They stand before the class as statements, too.
    pub decorators: Vec<Expr<'s>>,
    /// Python only: what makes the class, where it says that; keywords that are not written out may say it.
    pub metaclass: Option<Expr<'s>>,
}

#[derive(Debug)]
pub(in crate::audit) struct Import<'s> {
    pub line: u32,
    /// As written: `..models`, `api.views`, `./x`, `@/lib/api`.
    pub module: &'s str,
    pub names: ImportNames<'s>,
    /// The function it stands in.
    pub function: usize,
    pub caught: Caught,
    /// Only for the type checker: never imported at run time.
    pub types_only: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::audit) enum Caught {
    No,
    Yes,
}

#[derive(Debug)]
pub(in crate::audit) enum ImportNames<'s> {
    /// Imported name, local name.
    Named(Vec<(&'s str, &'s str)>),
    /// The module itself under a local name.
    Whole(&'s str),
    /// Python's `import a.b.c`: binds `a`.
    Dotted,
    Star,
    /// `import './side-effect'`, `import('./lazy')`
    Nothing,
}

#[derive(Debug)]
pub(in crate::audit) struct ReExport<'s> {
    pub module: &'s str,
    /// Imported name, exported name; `None` for `export *`.
    pub names: Option<Vec<(&'s str, &'s str)>>,
}

#[derive(Debug)]
pub(in crate::audit) struct Expr<'s> {
    pub line: u32,
    pub kind: Kind<'s>,
}

#[derive(Debug)]
pub(in crate::audit) enum Kind<'s> {
    Text(Cow<'s, str>),
    Number(f64),
    Bool(bool),
    Null,
    Name(&'s str),
    Member(Box<Expr<'s>>, &'s str),
    Index(Box<Expr<'s>>, Box<Expr<'s>>),
    Call(Box<Call<'s>>),
    /// Texts joined: f-strings, template literals, concatenation by juxtaposition.
    Template(Vec<Expr<'s>>),
    Operation(Operator, Vec<Expr<'s>>),
    /// test, then, otherwise
    Choice(Box<[Expr<'s>; 3]>),
    Record(Vec<Entry<'s>>),
    List(Vec<Expr<'s>>),
    Comprehension(Box<Comprehension<'s>>),
    Function(usize),
    Class(usize),
    Spread(Box<Expr<'s>>),
    Await(Box<Expr<'s>>),
    /// Python only: in a script a saga waits for what it yields.
    Yield(Box<Expr<'s>>),
    /// Anything else: its parts, so that no reference is lost.
    Other(Vec<Expr<'s>>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::audit) enum Operator {
    And,
    /// `or`, `||`
    Or,
    /// `??`: the first that is there.
    Coalesce,
    Not,
    Equal,
    Unequal,
    /// The first is less than the second: `b > a` as well.
    Less,
    AtMost,
    /// Python's `in`: the first is one of the second.
    Among,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
    Other,
}

#[derive(Debug)]
pub(in crate::audit) struct Comprehension<'s> {
    pub element: Expr<'s>,
    pub clauses: Vec<(Pattern<'s>, Expr<'s>)>,
    pub conditions: Vec<Expr<'s>>,
}

#[derive(Debug)]
pub(in crate::audit) struct Entry<'s> {
    /// `None`: the value is spread into the record.
    pub key: Option<Expr<'s>>,
    pub value: Expr<'s>,
}

#[derive(Debug)]
pub(in crate::audit) struct Call<'s> {
    pub line: u32,
    pub callee: Expr<'s>,
    pub arguments: Vec<Argument<'s>>,
    pub form: CallForm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::audit) enum CallForm {
    Plain,
    /// What is given now is joined by what the call itself is given later: `partial(f, a)`, or it happens elsewhere.
    Later,
    New,
    /// `<Component a={1}/>`: one argument, the record of its attributes.
    Element,
}

#[derive(Debug)]
pub(in crate::audit) struct Argument<'s> {
    pub name: Option<&'s str>,
    pub value: Expr<'s>,
    pub spread: bool,
}

#[derive(Debug)]
pub(in crate::audit) struct Statement<'s> {
    pub line: u32,
    pub kind: StatementKind<'s>,
}

#[derive(Debug)]
pub(in crate::audit) enum StatementKind<'s> {
    Expression(Expr<'s>),
    Assign {
        target: Pattern<'s>,
        value: Expr<'s>,
        augmented: bool,
    },
    Return(Option<Expr<'s>>),
    Raise(Option<Expr<'s>>),
    If {
        test: Expr<'s>,
        then: Vec<Statement<'s>>,
        otherwise: Vec<Statement<'s>>,
    },
    Loop(Loop<'s>),
    Try(Try<'s>),
    Switch {
        subject: Expr<'s>,
        cases: Vec<Case<'s>>,
    },
    /// `with`, a bare block, a labelled statement.
    Block {
        heads: Vec<Expr<'s>>,
        body: Vec<Statement<'s>>,
    },
    Function(usize),
    Class(usize),
    Import(usize),
    Break,
    Continue,
}

#[derive(Debug)]
pub(in crate::audit) struct Loop<'s> {
    pub line: u32,
    /// The loop variable of a `for`.
    pub binding: Option<Pattern<'s>>,
    /// The condition of a `while`, or what a `for` runs over.
    pub head: Expr<'s>,
    pub body: Vec<Statement<'s>>,
}

#[derive(Debug)]
pub(in crate::audit) struct Try<'s> {
    pub body: Vec<Statement<'s>>,
    pub handlers: Vec<Handler<'s>>,
    /// `else` and `finally`.
    pub after: Vec<Statement<'s>>,
}

#[derive(Debug)]
pub(in crate::audit) struct Handler<'s> {
    pub line: u32,
    /// What it catches; `None` catches all.
    pub caught: Option<Expr<'s>>,
    pub body: Vec<Statement<'s>>,
}

#[derive(Debug)]
pub(in crate::audit) struct Case<'s> {
    pub line: u32,
    pub values: Vec<Expr<'s>>,
    pub body: Vec<Statement<'s>>,
}

#[derive(Debug)]
pub(in crate::audit) enum Pattern<'s> {
    Name(&'s str),
    /// `a.b = …`, `a[b] = …`
    Place(Expr<'s>),
    List(Vec<Pattern<'s>>),
    Record(Vec<Field<'s>>),
    Rest(Box<Pattern<'s>>),
    Hole,
}

/// One name taken out of a record: `{ key: pattern = default }`.
#[derive(Debug)]
pub(in crate::audit) struct Field<'s> {
    pub key: &'s str,
    pub pattern: Pattern<'s>,
    pub default: Option<Expr<'s>>,
}

impl<'s> Expr<'s> {
    pub fn new(line: u32, kind: Kind<'s>) -> Self {
        Self { line, kind }
    }

    /// The text of a literal without substitutions.
    pub fn literal(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The last name of `a.b.c` (`c`), also through `await`; empty where there is none.
    pub fn last_name(&self) -> &'s str {
        match &self.kind {
            Kind::Name(name) | Kind::Member(_, name) => name,
            Kind::Await(inner) => inner.last_name(),
            Kind::Call(call) if call.form == CallForm::Later => call.callee.last_name(),
            _ => "",
        }
    }

    /// What the last name is asked of: `a.b` for `a.b.c`.
    pub fn receiver(&self) -> Option<&Expr<'s>> {
        match &self.kind {
            Kind::Member(object, _) => Some(object),
            Kind::Await(inner) => inner.receiver(),
            _ => None,
        }
    }

    pub fn is_name(&self, wanted: &str) -> bool {
        matches!(self.kind, Kind::Name(name) if name == wanted)
    }

    pub fn call(&self) -> Option<&Call<'s>> {
        match &self.kind {
            Kind::Call(call) => Some(call),
            Kind::Await(inner) => inner.call(),
            _ => None,
        }
    }

    /// The entries of a record.
    pub fn entries(&self) -> Option<&[Entry<'s>]> {
        match &self.kind {
            Kind::Record(entries) => Some(entries),
            _ => None,
        }
    }

    /// `a.b.c` as written, for symbols and reasons; parts that are not names become `…`.
    pub fn dotted(&self) -> String {
        match &self.kind {
            Kind::Name(name) => (*name).to_owned(),
            Kind::Member(object, name) => format!("{}.{name}", object.dotted()),
            Kind::Call(call) => format!("{}()", call.callee.dotted()),
            Kind::Await(inner) => inner.dotted(),
            Kind::Index(object, _) => format!("{}[…]", object.dotted()),
            _ => "…".to_owned(),
        }
    }
}

impl<'s> Call<'s> {
    pub fn positional(&self, index: usize) -> Option<&Expr<'s>> {
        let argument = self.arguments.iter().filter(|argument| argument.name.is_none()).nth(index)?;
        (!argument.spread).then_some(&argument.value)
    }

    pub fn keyword(&self, name: &str) -> Option<&Expr<'s>> {
        self.arguments.iter().find(|argument| argument.name == Some(name)).map(|argument| &argument.value)
    }

    pub fn has_spread(&self) -> bool {
        self.arguments.iter().any(|argument| argument.spread)
    }
}

/// The entry under a literal key; the last one wins, as in both languages.
pub(in crate::audit) fn entry<'e, 's>(entries: &'e [Entry<'s>], key: &str) -> Option<&'e Entry<'s>> {
    entries.iter().rev().find(|entry| entry.key.as_ref().and_then(Expr::literal) == Some(key))
}
