//! TypeScript and JavaScript parsed by oxc, and their statements in the common form. Types leave no trace.

use std::borrow::Cow;

use oxc_allocator::Allocator;
use oxc_ast::ast::{self, Declaration, ForStatementInit, ForStatementLeft, TSEnumMemberName};
use oxc_parser::{ParseOptions, Parser, ParserReturn};
use oxc_span::{GetSpan, SourceType, Span};

use super::script_call::sets_source;
use super::{
    Case, DEEPEST, Entry, Expr, Handler, Kind, Loop, Module, Pattern, Role, Statement, StatementKind, Try,
    script_prototype,
};
use crate::audit::lines::Lines;
use crate::audit::python::Trouble;

/// The module, and what was wrong with the text. `path` tells the dialect by its extension.
pub(in crate::audit) fn parse<'s>(path: &str, text: &'s str) -> (Module<'s>, Option<Trouble>) {
    let allocator = Allocator::default();
    let lines = Lines::of(text);
    let mut first_error = None;
    for dialect in dialects(path) {
        let options = ParseOptions {
            preserve_parens: false,
            allow_return_outside_function: true,
            ..ParseOptions::default()
        };
        let parsed = Parser::new(&allocator, text, dialect).with_options(options).parse();
        let error = error_line(&parsed, &lines);
        if error.is_none() {
            return lowered(&parsed, text, lines, None);
        }
        if first_error.is_none() {
            first_error = Some((parsed, error));
        }
    }
    match first_error {
        Some((parsed, error)) => lowered(&parsed, text, lines, error.map(Trouble::Syntax)),
        None => (Module::empty(), None),
    }
}

fn lowered<'s>(
    parsed: &ParserReturn<'_>,
    text: &'s str,
    lines: Lines,
    trouble: Option<Trouble>,
) -> (Module<'s>, Option<Trouble>) {
    let module = Module::empty();
    let mut lower = Lower { source: text, lines, module, function: 0, depth: 0, too_deep: false };
    let body = lower.block(&parsed.program.body);
    lower.module.functions[0].body = body;
    script_prototype::make_classes(&mut lower.module);
    let too_deep = lower.too_deep.then_some(Trouble::TooDeep);
    (lower.module, trouble.or(too_deep))
}

/// TypeScript is what its extension says. JavaScript may hold JSX, and in some projects types.
fn dialects(path: &str) -> Vec<SourceType> {
    match SourceType::from_path(path) {
        Ok(known) if known.is_typescript() => vec![known],
        Ok(known) => vec![known.with_jsx(true).with_unambiguous(true), SourceType::tsx()],
        Err(_) => vec![SourceType::tsx(), SourceType::cjs().with_jsx(true)],
    }
}

/// Where the first error is that keeps the text from being read; what only a type checker minds is none.
fn error_line(parsed: &ParserReturn<'_>, lines: &Lines) -> Option<u32> {
    let first = parsed.diagnostics.iter().next();
    if first.is_none() && !parsed.panicked {
        return None;
    }
    let at = first.and_then(|error| error.labels.iter().next().map(|label| label.offset()));
    Some(at.map_or(1, |at| lines.at(at)))
}

pub(super) struct Lower<'s> {
    pub source: &'s str,
    lines: Lines,
    pub module: Module<'s>,
    /// The function being lowered.
    pub function: usize,
    depth: usize,
    too_deep: bool,
}

impl<'s> Lower<'s> {
    pub fn slice(&self, span: Span) -> &'s str {
        self.source.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    pub fn line(&self, node: &impl GetSpan) -> u32 {
        self.lines.at(node.span().start)
    }

    /// Counts one level of nesting; `false` where it is too deep to go on.
    pub fn enter(&mut self) -> bool {
        if self.depth >= DEEPEST {
            self.too_deep = true;
            return false;
        }
        self.depth += 1;
        true
    }

    pub fn leave(&mut self) {
        self.depth -= 1;
    }

    pub fn block(&mut self, body: &[ast::Statement<'_>]) -> Vec<Statement<'s>> {
        let mut statements = Vec::with_capacity(body.len());
        for statement in body {
            self.statement(statement, &mut statements);
        }
        statements
    }

    /// A block, or a single statement where a block could stand.
    fn body(&mut self, node: &ast::Statement<'_>) -> Vec<Statement<'s>> {
        match node {
            ast::Statement::BlockStatement(block) => self.block(&block.body),
            single => {
                let mut statements = Vec::new();
                self.statement(single, &mut statements);
                statements
            }
        }
    }

    pub fn statement(&mut self, node: &ast::Statement<'_>, out: &mut Vec<Statement<'s>>) {
        if !self.enter() {
            return;
        }
        if let Some(declaration) = node.as_declaration() {
            self.declaration(declaration, out);
        } else if let Some(declaration) = node.as_module_declaration() {
            self.module_declaration(declaration, out);
        } else if let ast::Statement::ExpressionStatement(it) = node {
            self.expression_statement(&it.expression, out);
        } else if let Some(kind) = self.compound(node) {
            out.push(Statement { line: self.line(node), kind });
        }
        self.leave();
    }

    pub fn declaration(&mut self, node: &Declaration<'_>, out: &mut Vec<Statement<'s>>) {
        let line = self.line(node);
        match node {
            Declaration::VariableDeclaration(it) => self.variables(it, out),
            Declaration::FunctionDeclaration(it) if it.body.is_some() => {
                let index = self.function(it, Role::Function);
                out.push(Statement { line, kind: StatementKind::Function(index) });
            }
            Declaration::ClassDeclaration(it) => {
                let index = self.class(it);
                out.push(Statement { line, kind: StatementKind::Class(index) });
            }
            Declaration::TSEnumDeclaration(it) => self.enumeration(it, out),
            Declaration::TSNamespaceDeclaration(it) => self.namespace(it, out),
            Declaration::TSImportEqualsDeclaration(it) => self.import_equals(it, out),
            _ => {}
        }
    }

    fn namespace(&mut self, node: &ast::TSNamespaceDeclaration<'_>, out: &mut Vec<Statement<'s>>) {
        if let ast::TSNamespaceDeclarationBody::TSModuleBlock(block) = &node.body {
            let body = self.block(&block.body);
            let kind = StatementKind::Block { heads: Vec::new(), body };
            out.push(Statement { line: self.line(node), kind });
        }
    }

    /// Remembers what a nameless function was given to.
    pub fn label(&mut self, value: &Expr<'s>, label: &'s str) {
        if let Kind::Function(index) = value.kind {
            self.module.functions[index].label = label;
        }
    }

    fn compound(&mut self, node: &ast::Statement<'_>) -> Option<StatementKind<'s>> {
        use ast::Statement as S;
        Some(match node {
            S::ReturnStatement(it) => {
                StatementKind::Return(it.argument.as_ref().map(|value| self.expression(value)))
            }
            S::ThrowStatement(it) => StatementKind::Raise(Some(self.expression(&it.argument))),
            S::IfStatement(it) => {
                let test = self.expression(&it.test);
                let then = self.body(&it.consequent);
                let otherwise = it.alternate.as_ref().map(|other| self.body(other)).unwrap_or_default();
                StatementKind::If { test, then, otherwise }
            }
            S::WhileStatement(it) => self.loop_while(&it.test, &it.body, self.line(node)),
            S::DoWhileStatement(it) => self.loop_while(&it.test, &it.body, self.line(node)),
            S::ForStatement(it) => self.counted_loop(it),
            S::ForInStatement(it) => self.loop_over(&it.left, &it.right, &it.body, self.line(node)),
            S::ForOfStatement(it) => self.loop_over(&it.left, &it.right, &it.body, self.line(node)),
            S::TryStatement(it) => {
                let body = self.block(&it.block.body);
                let handler = it.handler.as_ref().map(|clause| Handler {
                    line: self.line(&**clause),
                    caught: None,
                    body: self.block(&clause.body.body),
                });
                let after = it.finalizer.as_ref().map(|block| self.block(&block.body)).unwrap_or_default();
                StatementKind::Try(Try { body, handlers: handler.into_iter().collect(), after })
            }
            S::SwitchStatement(it) => {
                let subject = self.expression(&it.discriminant);
                let case = |clause: &ast::SwitchCase<'_>| Case {
                    line: self.line(clause),
                    values: clause.test.iter().map(|value| self.expression(value)).collect(),
                    body: self.block(&clause.consequent),
                };
                StatementKind::Switch { subject, cases: it.cases.iter().map(case).collect() }
            }
            S::BreakStatement(_) => StatementKind::Break,
            S::ContinueStatement(_) => StatementKind::Continue,
            S::BlockStatement(it) => StatementKind::Block { heads: Vec::new(), body: self.block(&it.body) },
            S::LabeledStatement(it) => StatementKind::Block { heads: Vec::new(), body: self.body(&it.body) },
            S::WithStatement(it) => {
                let heads = vec![self.expression(&it.object)];
                StatementKind::Block { heads, body: self.body(&it.body) }
            }
            _ => return None,
        })
    }

    fn loop_while(
        &mut self,
        test: &ast::Expression<'_>,
        body: &ast::Statement<'_>,
        line: u32,
    ) -> StatementKind<'s> {
        let head = self.expression(test);
        StatementKind::Loop(Loop { line, binding: None, head, body: self.body(body) })
    }

    fn counted_loop(&mut self, it: &ast::ForStatement<'_>) -> StatementKind<'s> {
        let mut body = Vec::new();
        match &it.init {
            Some(ForStatementInit::VariableDeclaration(variables)) => self.variables(variables, &mut body),
            Some(other) => {
                if let Some(value) = other.as_expression() {
                    self.expression_statement(value, &mut body);
                }
            }
            None => {}
        }
        let line = self.line(it);
        let head = it.test.as_ref().map(|test| self.expression(test));
        let head = head.unwrap_or_else(|| Expr::new(line, Kind::Bool(true)));
        body.extend(self.body(&it.body));
        if let Some(update) = &it.update {
            self.expression_statement(update, &mut body);
        }
        StatementKind::Loop(Loop { line, binding: None, head, body })
    }

    fn loop_over(
        &mut self,
        left: &ForStatementLeft<'_>,
        right: &ast::Expression<'_>,
        body: &ast::Statement<'_>,
        line: u32,
    ) -> StatementKind<'s> {
        let binding = match left {
            ForStatementLeft::VariableDeclaration(it) => {
                it.declarations.first().map(|declared| self.binding(&declared.id))
            }
            other => other.as_assignment_target().map(|target| self.target(target)),
        };
        let head = self.expression(right);
        StatementKind::Loop(Loop { line, binding, head, body: self.body(body) })
    }

    fn variables(&mut self, node: &ast::VariableDeclaration<'_>, out: &mut Vec<Statement<'s>>) {
        for declarator in &node.declarations {
            let Some(value) = &declarator.init else { continue };
            if self.require(&declarator.id, value, out) {
                continue;
            }
            let target = self.binding(&declarator.id);
            let value = self.expression(value);
            if let Pattern::Name(label) = target {
                self.label(&value, label);
            }
            let kind = StatementKind::Assign { target, value, augmented: false };
            out.push(Statement { line: self.line(declarator), kind });
        }
    }

    /// An expression that stands as a statement; assignments become bindings.
    pub fn expression_statement(&mut self, node: &ast::Expression<'_>, out: &mut Vec<Statement<'s>>) {
        let line = self.line(node);
        match node {
            ast::Expression::AssignmentExpression(it) if sets_source(&it.left) => {
                let value = self.expression(node);
                out.push(Statement { line, kind: StatementKind::Expression(value) });
            }
            ast::Expression::AssignmentExpression(it) => {
                let augmented = !matches!(
                    it.operator,
                    ast::AssignmentOperator::Assign
                        | ast::AssignmentOperator::LogicalOr
                        | ast::AssignmentOperator::LogicalNullish
                );
                let target = self.target(&it.left);
                // `a = b = value`
                let value = match &it.right {
                    inner @ ast::Expression::AssignmentExpression(chained) => {
                        self.expression_statement(inner, out);
                        self.target_value(&chained.left)
                    }
                    value => self.expression(value),
                };
                if let Pattern::Name(label) = target {
                    self.label(&value, label);
                } else if let Pattern::Place(Expr { kind: Kind::Member(_, label), .. }) = target {
                    self.label(&value, label);
                }
                out.push(Statement { line, kind: StatementKind::Assign { target, value, augmented } });
            }
            ast::Expression::SequenceExpression(it) => {
                it.expressions.iter().for_each(|part| self.expression_statement(part, out));
            }
            ast::Expression::StringLiteral(_) => {}
            _ => {
                let value = self.expression(node);
                out.push(Statement { line, kind: StatementKind::Expression(value) });
            }
        }
    }

    fn enumeration(&mut self, node: &ast::TSEnumDeclaration<'_>, out: &mut Vec<Statement<'s>>) {
        let mut entries = Vec::new();
        for member in &node.body.members {
            let Some(value) = &member.initializer else { continue };
            let key: Cow<'s, str> = match &member.id {
                TSEnumMemberName::Identifier(name) => Cow::Borrowed(self.slice(name.span)),
                TSEnumMemberName::String(name) | TSEnumMemberName::ComputedString(name) => self.quoted(name),
                TSEnumMemberName::ComputedTemplateString(_) => continue,
            };
            let key = Some(Expr::new(self.line(member), Kind::Text(key)));
            entries.push(Entry { key, value: self.expression(value) });
        }
        let target = Pattern::Name(self.slice(node.id.span));
        let value = Expr::new(self.line(node), Kind::Record(entries));
        let kind = StatementKind::Assign { target, value, augmented: false };
        out.push(Statement { line: self.line(node), kind });
    }

    /// The text of a literal, borrowed where the source has it as it is.
    pub fn quoted(&self, literal: &ast::StringLiteral<'_>) -> Cow<'s, str> {
        super::text::borrowed(self.slice(literal.span), &literal.value)
    }

    /// Of a module's path, which holds no escapes.
    pub fn module_path(&self, literal: &ast::StringLiteral<'_>) -> &'s str {
        self.slice(literal.span).trim_matches(['"', '\'', '`'])
    }
}
