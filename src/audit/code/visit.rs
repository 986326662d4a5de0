//! Walking a function's body: every statement and expression, with what encloses it: the tests that must hold,
//! the `try` blocks, the loops. Functions written inside are not entered; they are visited on their own.

use super::{
    Call, Comprehension, Expr, Function, Kind, Loop, Operator, Pattern, Statement, StatementKind, Try,
};

/// What stands around a place.
#[derive(Debug, Clone, Default)]
pub(in crate::audit) struct Context<'p, 's> {
    pub guards: Vec<Guard<'p, 's>>,
    pub tries: Vec<&'p Try<'s>>,
    pub loops: Vec<&'p Loop<'s>>,
    /// How many exception handlers it stands in.
    pub handling: u32,
    /// What stands before it in its block always leaves.
    pub dead: bool,
}

/// A test that must have come out as `holds` for the place to be reached.
#[derive(Debug, Clone, Copy)]
pub(in crate::audit) struct Guard<'p, 's> {
    pub test: &'p Expr<'s>,
    pub holds: bool,
}

#[derive(Debug, Clone, Copy)]
pub(in crate::audit) enum Part<'p, 's> {
    Expression(&'p Expr<'s>),
    Statement(&'p Statement<'s>),
}

/// Visits a function's decorators, parameter defaults and body.
pub(in crate::audit) fn function<'p, 's>(
    function: &'p Function<'s>,
    visit: &mut dyn FnMut(Part<'p, 's>, &Context<'p, 's>),
) {
    let mut walk = Walk { context: Context::default(), visit };
    for decorator in &function.decorators {
        walk.expression(decorator);
    }
    for parameter in &function.parameters {
        walk.pattern(&parameter.pattern);
        if let Some(default) = &parameter.default {
            walk.expression(default);
        }
    }
    walk.block(&function.body);
}

/// Visits a block of statements.
pub(in crate::audit) fn block<'p, 's>(
    statements: &'p [Statement<'s>],
    visit: &mut dyn FnMut(Part<'p, 's>, &Context<'p, 's>),
) {
    Walk { context: Context::default(), visit }.block(statements);
}

/// Visits an expression and its parts, outermost first.
pub(in crate::audit) fn expression<'p, 's>(root: &'p Expr<'s>, visit: &mut dyn FnMut(&'p Expr<'s>)) {
    let mut walk = Walk {
        context: Context::default(),
        visit: &mut |part, _| {
            if let Part::Expression(inner) = part {
                visit(inner);
            }
        },
    };
    walk.expression(root);
}

/// The calls in a function, outermost first.
pub(in crate::audit) fn calls<'p, 's>(of: &'p Function<'s>) -> Vec<&'p Call<'s>> {
    let mut found = Vec::new();
    function(of, &mut |part, _| {
        if let Part::Expression(Expr { kind: Kind::Call(call), .. }) = part {
            found.push(&**call);
        }
    });
    found
}

/// `true` where a part of the expression satisfies the test.
pub(in crate::audit) fn any<'p, 's>(root: &'p Expr<'s>, mut test: impl FnMut(&'p Expr<'s>) -> bool) -> bool {
    let mut found = false;
    expression(root, &mut |part| found = found || test(part));
    found
}

/// Calls from which nothing comes back: they end the process.
const EXITS: [&str; 5] = ["sys.exit", "exit", "quit", "os._exit", "process.exit"];

/// `true` where the block always leaves: `return`, `raise`, `break`, `continue`, or by ending the process.
pub(in crate::audit) fn leaves(block: &[Statement<'_>]) -> bool {
    block.last().is_some_and(is_leave)
}

/// `true` where the process ends there.
pub(in crate::audit) fn is_exit(statement: &Statement<'_>) -> bool {
    let StatementKind::Expression(value) = &statement.kind else { return false };
    value.call().is_some_and(|call| EXITS.contains(&call.callee.dotted().as_str()))
}

fn is_leave(statement: &Statement<'_>) -> bool {
    use StatementKind::{Break, Continue, Raise, Return};
    match &statement.kind {
        Return(_) | Raise(_) | Break | Continue => true,
        _ => is_exit(statement),
    }
}

struct Walk<'v, 'p, 's> {
    context: Context<'p, 's>,
    visit: &'v mut dyn FnMut(Part<'p, 's>, &Context<'p, 's>),
}

impl<'p, 's> Walk<'_, 'p, 's> {
    fn block(&mut self, statements: &'p [Statement<'s>]) {
        let (depth, dead) = (self.context.guards.len(), self.context.dead);
        for statement in statements {
            self.statement(statement);
            self.context.dead |= is_leave(statement);
            if let StatementKind::If { test, then, otherwise } = &statement.kind
                && otherwise.is_empty()
                && leaves(then)
            {
                self.context.guards.push(Guard { test, holds: false });
            }
        }
        self.context.guards.truncate(depth);
        self.context.dead = dead;
    }

    fn guarded(&mut self, test: &'p Expr<'s>, holds: bool, statements: &'p [Statement<'s>]) {
        self.context.guards.push(Guard { test, holds });
        self.block(statements);
        self.context.guards.pop();
    }

    fn statement(&mut self, statement: &'p Statement<'s>) {
        (self.visit)(Part::Statement(statement), &self.context);
        match &statement.kind {
            StatementKind::Expression(value)
            | StatementKind::Return(Some(value))
            | StatementKind::Raise(Some(value)) => self.expression(value),
            StatementKind::Assign { target, value, .. } => {
                self.pattern(target);
                self.expression(value);
            }
            StatementKind::If { test, then, otherwise } => {
                self.expression(test);
                self.guarded(test, true, then);
                self.guarded(test, false, otherwise);
            }
            StatementKind::Loop(inner) => {
                if let Some(binding) = &inner.binding {
                    self.pattern(binding);
                }
                self.context.loops.push(inner);
                self.expression(&inner.head);
                self.block(&inner.body);
                self.context.loops.pop();
            }
            StatementKind::Try(inner) => {
                self.context.tries.push(inner);
                self.block(&inner.body);
                self.context.tries.pop();
                self.context.handling += 1;
                for handler in &inner.handlers {
                    self.block(&handler.body);
                }
                self.context.handling -= 1;
                self.block(&inner.after);
            }
            StatementKind::Switch { subject, cases } => {
                self.expression(subject);
                for case in cases {
                    case.values.iter().for_each(|value| self.expression(value));
                    self.block(&case.body);
                }
            }
            StatementKind::Block { heads, body } => {
                heads.iter().for_each(|head| self.expression(head));
                self.block(body);
            }
            StatementKind::Return(None)
            | StatementKind::Raise(None)
            | StatementKind::Function(_)
            | StatementKind::Class(_)
            | StatementKind::Import(_)
            | StatementKind::Break
            | StatementKind::Continue => {}
        }
    }

    fn pattern(&mut self, pattern: &'p Pattern<'s>) {
        match pattern {
            Pattern::Place(place) => self.expression(place),
            Pattern::List(parts) => parts.iter().for_each(|part| self.pattern(part)),
            Pattern::Record(fields) => {
                for field in fields {
                    self.pattern(&field.pattern);
                    if let Some(default) = &field.default {
                        self.expression(default);
                    }
                }
            }
            Pattern::Rest(inner) => self.pattern(inner),
            Pattern::Name(_) | Pattern::Hole => {}
        }
    }

    fn expression(&mut self, expr: &'p Expr<'s>) {
        (self.visit)(Part::Expression(expr), &self.context);
        match &expr.kind {
            Kind::Member(inner, _) | Kind::Spread(inner) | Kind::Await(inner) | Kind::Yield(inner) => {
                self.expression(inner)
            }
            Kind::Index(object, index) => {
                self.expression(object);
                self.expression(index);
            }
            Kind::Call(call) => {
                self.expression(&call.callee);
                call.arguments.iter().for_each(|argument| self.expression(&argument.value));
            }
            Kind::Operation(Operator::And, parts) => self.conjunction(parts),
            Kind::Template(parts) | Kind::List(parts) | Kind::Other(parts) | Kind::Operation(_, parts) => {
                parts.iter().for_each(|part| self.expression(part));
            }
            Kind::Choice(parts) => {
                let [test, then, otherwise] = parts.as_ref();
                self.expression(test);
                for (holds, branch) in [(true, then), (false, otherwise)] {
                    self.context.guards.push(Guard { test, holds });
                    self.expression(branch);
                    self.context.guards.pop();
                }
            }
            Kind::Record(entries) => {
                for entry in entries {
                    if let Some(key) = &entry.key {
                        self.expression(key);
                    }
                    self.expression(&entry.value);
                }
            }
            Kind::Comprehension(inner) => self.comprehension(inner),
            Kind::Text(_)
            | Kind::Number(_)
            | Kind::Bool(_)
            | Kind::Null
            | Kind::Name(_)
            | Kind::Function(_)
            | Kind::Class(_) => {}
        }
    }

    /// `test && call()`: the later parts are reached only if the earlier ones hold.
    fn conjunction(&mut self, parts: &'p [Expr<'s>]) {
        let depth = self.context.guards.len();
        for part in parts {
            self.expression(part);
            self.context.guards.push(Guard { test: part, holds: true });
        }
        self.context.guards.truncate(depth);
    }

    fn comprehension(&mut self, inner: &'p Comprehension<'s>) {
        for (pattern, over) in &inner.clauses {
            self.pattern(pattern);
            self.expression(over);
        }
        inner.conditions.iter().for_each(|condition| self.expression(condition));
        let depth = self.context.guards.len();
        self.context.guards.extend(inner.conditions.iter().map(|test| Guard { test, holds: true }));
        self.expression(&inner.element);
        self.context.guards.truncate(depth);
    }
}
