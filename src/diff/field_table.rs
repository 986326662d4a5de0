//! A feature's rules, compiled: every path of either side becomes a field with a role, once.
//!
//! Paths are interned as they are met: rows repeat the same names in the same order, so that finding a field
//! is one comparison of a name with the one expected. Pure, and bounded by [`MAX_FIELDS`].

use crate::json::cursor::Malformed;
use crate::json::pointer::Pointer;
use crate::model::feature::{Compare, Feature, Rule};

/// More distinct fields than this in one entity are not a payload of Thor's.
pub const MAX_FIELDS: usize = 4096;

/// Which of the two programs' words it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    Rest,
    Ws,
}

impl Side {
    pub fn index(self) -> usize {
        self as usize
    }

    pub fn other(self) -> Self {
        match self {
            Self::Rest => Self::Ws,
            Self::Ws => Self::Rest,
        }
    }
}

/// Index into [`FieldTable::fields`].
pub type FieldId = usize;
/// Index into [`FieldTable::rules`].
pub type RuleId = usize;

/// How a field takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Identifies the entity.
    Key,
    /// Equal exactly when canonical texts are equal: part of the digest.
    Strict,
    /// Equal within a tolerance: compared structurally where texts differ.
    Loose(RuleId),
    /// Falls with time.
    Countdown(RuleId),
    Ignored(RuleId),
    /// Checked by its formula inside each side.
    Derived(RuleId),
    /// Declared to be on this side only; compared as soon as the other side has it too.
    OneSided(Side),
}

/// How a strict value's text becomes canonical.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// Number by value, text by text.
    Value,
    /// JSON type counts.
    Exact,
    /// The text counts.
    Text,
    Instant,
}

#[derive(Debug, Clone)]
pub struct Field {
    /// Under REST's name.
    pub pointer: Pointer,
    pub role: Role,
    pub notation: Notation,
    /// A declared one-sided field that was seen on the other side, or a derived one whose formula a side cannot
    /// check: it is compared like any other.
    pub crossed: bool,
    /// What each side was seen to write, by [`Side::index`].
    pub seen: [SpellingCounts; 2],
}

impl Field {
    /// Whether a change of it is a transition and a fault planted into it must be found.
    pub fn is_compared(&self) -> bool {
        match self.role {
            Role::Strict | Role::Loose(_) => true,
            Role::OneSided(_) | Role::Derived(_) => self.crossed,
            _ => false,
        }
    }

    /// The word for the report.
    pub fn role_name(&self) -> &'static str {
        match self.role {
            Role::Key => "key",
            Role::Strict | Role::Loose(_) => "both",
            Role::OneSided(_) if self.crossed => "both",
            Role::OneSided(Side::Rest) => "rest_only",
            Role::OneSided(Side::Ws) => "ws_only",
            Role::Countdown(_) => "countdown",
            Role::Ignored(_) => "ignored",
            Role::Derived(_) => "derived",
        }
    }
}

/// How one side wrote a field so far: the material of notes.
#[derive(Debug, Clone, Copy, Default)]
pub struct SpellingCounts {
    pub present: u64,
    pub null: u64,
    pub as_number: u64,
    pub as_text: u64,
    /// Numbers that stood in strings.
    pub as_number_text: u64,
    pub noisy: u64,
    /// Numbers with an exponent that stood in strings.
    pub exponent_text: u64,
    /// Entities in which its name stood twice.
    pub written_twice: u64,
    pub naive: u64,
    pub aware: u64,
    /// Zeros at the end of a fraction: another scale than the other side's, though the same value.
    pub padded: u64,
}

/// One path of one side.
#[derive(Debug, Clone)]
struct Node {
    /// As it stands in the payload, escapes kept.
    name: Box<str>,
    pointer: Pointer,
    children: Vec<u32>,
    /// Position in `children` expected next.
    hint: u32,
    field: Option<FieldId>,
    /// The row in which it was last met, to find duplicate names.
    met: u64,
}

/// A feature's compiled rules and interned fields.
#[derive(Debug, Clone)]
pub struct FieldTable {
    pub fields: Vec<Field>,
    pub rules: Vec<Rule>,
    /// Whether a rule ever had a field to apply to, by [`RuleId`].
    pub applied: Vec<bool>,
    key: Vec<Pointer>,
    rest_only: Vec<Pointer>,
    ws_only: Vec<Pointer>,
    nodes: [Vec<Node>; 2],
    row: u64,
    /// What the fields met so far call for.
    pub has: Has,
    /// Whether any number ever carried a double's noise.
    pub is_noisy: bool,
}

/// Whether there is any field of a role.
#[derive(Debug, Clone, Copy, Default)]
pub struct Has {
    pub loose: bool,
    pub countdown: bool,
    pub derived: bool,
    pub ignored: bool,
}

impl Has {
    fn note(&mut self, role: Role) {
        match role {
            Role::Loose(_) => self.loose = true,
            Role::Countdown(_) => self.countdown = true,
            Role::Derived(_) => self.derived = true,
            Role::Ignored(_) => self.ignored = true,
            Role::Key | Role::Strict | Role::OneSided(_) => {}
        }
    }
}

/// Index of the node that stands for the entity itself.
pub const ROOT: u32 = 0;

impl FieldTable {
    pub fn new(feature: &Feature) -> Self {
        let root = || {
            vec![Node {
                name: "".into(),
                pointer: Pointer::root(),
                children: Vec::new(),
                hint: 0,
                field: None,
                met: 0,
            }]
        };
        Self {
            fields: Vec::new(),
            rules: feature.rules.clone(),
            applied: vec![false; feature.rules.len()],
            key: feature.key.clone(),
            rest_only: feature.rest_only.clone(),
            ws_only: feature.ws_only.clone(),
            nodes: [root(), root()],
            row: 0,
            has: Has::default(),
            is_noisy: false,
        }
    }

    /// Begins another entity: duplicate names are counted within one.
    pub fn begin_row(&mut self) {
        self.row += 1;
    }

    /// Whether entities can be equal by rule although their digests are not.
    pub fn forgives(&self) -> bool {
        let Has { loose, countdown, .. } = self.has;
        self.is_noisy || loose || countdown || self.fields.iter().any(|field| field.crossed)
    }

    /// The node of a member of `parent`, and whether the same name was met before in this row.
    #[inline]
    pub fn child(&mut self, side: Side, parent: u32, name: &str) -> Result<(u32, bool), Malformed> {
        let nodes = &self.nodes[side.index()];
        let node = &nodes[parent as usize];
        let expected = node.children.get(node.hint as usize).copied();
        let found = match expected {
            Some(child) if &*nodes[child as usize].name == name => Some((child, node.hint)),
            _ => node
                .children
                .iter()
                .position(|child| &*nodes[*child as usize].name == name)
                .map(|position| (node.children[position], position as u32)),
        };
        let (child, position) = match found {
            Some(found) => found,
            None => self.add_child(side, parent, name)?,
        };
        let nodes = &mut self.nodes[side.index()];
        let siblings = nodes[parent as usize].children.len() as u32;
        nodes[parent as usize].hint = if position + 1 == siblings { 0 } else { position + 1 };
        let again = nodes[child as usize].met == self.row;
        nodes[child as usize].met = self.row;
        Ok((child, again))
    }

    fn add_child(&mut self, side: Side, parent: u32, name: &str) -> Result<(u32, u32), Malformed> {
        let nodes = &mut self.nodes[side.index()];
        if nodes.len() > MAX_FIELDS {
            return Err(Malformed(format!("more than {MAX_FIELDS} distinct fields in one entity")));
        }
        let pointer = nodes[parent as usize].pointer.join(&crate::json::cursor::unescape(name));
        let child = nodes.len() as u32;
        nodes.push(Node { name: name.into(), pointer, children: Vec::new(), hint: 0, field: None, met: 0 });
        let siblings = &mut nodes[parent as usize].children;
        siblings.push(child);
        Ok((child, siblings.len() as u32 - 1))
    }

    /// The field of a node that turned out to hold a value.
    #[inline]
    pub fn field(&mut self, side: Side, node: u32) -> FieldId {
        if let Some(field) = self.nodes[side.index()][node as usize].field {
            return field;
        }
        let pointer = self.canonical(side, &self.nodes[side.index()][node as usize].pointer);
        let field = self.fields.iter().position(|field| field.pointer == pointer).unwrap_or_else(|| {
            let (role, notation) = self.role(&pointer);
            for (applied, rule) in self.applied.iter_mut().zip(&self.rules) {
                *applied |= rule.rest.covers(&pointer);
            }
            self.has.note(role);
            self.fields.push(Field { pointer, role, notation, crossed: false, seen: Default::default() });
            self.fields.len() - 1
        });
        self.nodes[side.index()][node as usize].field = Some(field);
        field
    }

    /// The fields known at and below a node.
    pub fn fields_below(&self, side: Side, node: u32) -> Vec<FieldId> {
        let nodes = &self.nodes[side.index()];
        let (mut fields, mut open) = (Vec::new(), vec![node]);
        while let Some(node) = open.pop() {
            let node = &nodes[node as usize];
            fields.extend(node.field);
            open.extend(&node.children);
        }
        fields
    }

    /// REST's name of a path.
    fn canonical(&self, side: Side, path: &Pointer) -> Pointer {
        if side == Side::Rest {
            return path.clone();
        }
        let renamed = self
            .rules
            .iter()
            .filter(|rule| rule.rest != rule.ws && rule.ws.covers(path))
            .max_by_key(|rule| rule.ws.tokens().len());
        match renamed {
            None => path.clone(),
            Some(rule) => {
                let rest = &path.tokens()[rule.ws.tokens().len()..];
                Pointer::from_tokens(rule.rest.tokens().iter().chain(rest).cloned())
            }
        }
    }

    /// The most specific word about a field: its rule, else its one-sidedness, else by value.
    fn role(&self, pointer: &Pointer) -> (Role, Notation) {
        let rule = self
            .rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| rule.rest.covers(pointer))
            .max_by_key(|(_, rule)| rule.rest.tokens().len());
        let notation = match rule.map(|(_, rule)| &rule.compare) {
            Some(Compare::Exact) => Notation::Exact,
            Some(Compare::Text) => Notation::Text,
            Some(Compare::Instant { .. }) => Notation::Instant,
            _ => Notation::Value,
        };
        if self.key.contains(pointer) {
            // A key is compared as text, never as a number: "1e3" is not "1000".
            let notation = if notation == Notation::Value { Notation::Text } else { notation };
            return (Role::Key, notation);
        }
        let one_sided = |lists: &[Pointer]| lists.iter().any(|listed| listed.covers(pointer));
        if one_sided(&self.rest_only) {
            return (Role::OneSided(Side::Rest), notation);
        }
        if one_sided(&self.ws_only) {
            return (Role::OneSided(Side::Ws), notation);
        }
        let role = match rule {
            None => Role::Strict,
            Some((id, rule)) => match &rule.compare {
                Compare::Exact | Compare::Text => Role::Strict,
                Compare::Decimal { tolerance } if *tolerance == Default::default() => Role::Strict,
                Compare::Instant { tolerance } if tolerance.is_zero() => Role::Strict,
                Compare::Decimal { .. } | Compare::Instant { .. } => Role::Loose(id),
                Compare::Countdown { .. } => Role::Countdown(id),
                Compare::Ignore => Role::Ignored(id),
                Compare::Derived { .. } => Role::Derived(id),
            },
        };
        (role, notation)
    }
}
