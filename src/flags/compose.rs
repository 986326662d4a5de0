//! What a Compose file declares: the `environment:` of its services and the `env_file:`s they name.
//!
//! Text in, values out; the caller reads the files. Merge keys (`<<`) and `${NAME:-default}` are resolved,
//! `extends`, `include` and override files are not.

use std::collections::BTreeMap;

use saphyr::{MarkedYaml, YamlData, YamlLoader};
use saphyr_parser::Parser;

use crate::flags::dialect::EnvDialect;
use crate::flags::expand::expanded;

/// One service's part of a Compose file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Service {
    pub name: String,
    pub environment: Vec<Variable>,
    /// Paths as written, later ones win.
    pub env_files: Vec<EnvFileEntry>,
}

/// A variable of `environment:`; without a value it is passed through from the shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    pub name: String,
    pub value: Option<String>,
    /// 1-based.
    pub line: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvFileEntry {
    pub path: String,
    pub required: bool,
    pub line: usize,
}

/// The services that declare something, in the file's order; the error names line and fault.
pub fn services(text: &str) -> Result<Vec<Service>, String> {
    let mut loader = YamlLoader::<MarkedYaml<'_>>::default();
    loader.early_parse(false);
    loader.allow_duplicate_keys(true);
    let mut parser = Parser::new_from_str(text);
    parser.load(&mut loader, false).map_err(|error| error.to_string())?;
    if let Some(error) = loader.error() {
        return Err(error.to_string());
    }
    let documents = loader.into_documents();
    let Some(services) = documents.first().and_then(|document| member(document, "services")) else {
        return Ok(Vec::new());
    };
    let all = members(services).into_iter().map(|(name, service)| Service {
        name,
        environment: member(service, "environment").map(environment).unwrap_or_default(),
        env_files: member(service, "env_file").map(env_files).unwrap_or_default(),
    });
    Ok(all.filter(|service| !service.environment.is_empty() || !service.env_files.is_empty()).collect())
}

fn environment(node: &MarkedYaml<'_>) -> Vec<Variable> {
    if let YamlData::Sequence(items) = &node.data {
        return items
            .iter()
            .filter_map(|item| {
                let (name, value) = match scalar(item)?.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_owned())),
                    None => (scalar(item)?, None),
                };
                Some(Variable { name: name.trim().to_owned(), value, line: line(item) })
            })
            .collect();
    }
    members(node)
        .into_iter()
        .map(|(name, value)| {
            let is_null = matches!(scalar(value), Some("" | "~" | "null")) && !is_quoted(value);
            let text = scalar(value).filter(|_| !is_null).map(str::to_owned);
            Variable { name, value: text, line: line(value) }
        })
        .collect()
}

fn env_files(node: &MarkedYaml<'_>) -> Vec<EnvFileEntry> {
    let items = match &node.data {
        YamlData::Sequence(items) => items.iter().collect(),
        _ => vec![node],
    };
    items
        .into_iter()
        .filter_map(|item| {
            let path = scalar(item).or_else(|| scalar(member(item, "path")?))?;
            let required = member(item, "required").and_then(scalar) != Some("false");
            Some(EnvFileEntry { path: path.to_owned(), required, line: line(item) })
        })
        .collect()
}

fn line(node: &MarkedYaml<'_>) -> usize {
    node.span.start.line()
}

fn scalar<'n>(node: &'n MarkedYaml<'_>) -> Option<&'n str> {
    match &node.data {
        YamlData::Representation(text, ..) => Some(text),
        YamlData::Tagged(_, inner) => scalar(inner),
        _ => None,
    }
}

fn is_quoted(node: &MarkedYaml<'_>) -> bool {
    matches!(&node.data, YamlData::Representation(_, style, _) if *style != saphyr::ScalarStyle::Plain)
}

fn member<'n, 'i>(node: &'n MarkedYaml<'i>, name: &str) -> Option<&'n MarkedYaml<'i>> {
    members(node).into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// The entries of a mapping, those of its merge keys after its own; of equal names the mapping's own counts.
fn members<'n, 'i>(node: &'n MarkedYaml<'i>) -> Vec<(String, &'n MarkedYaml<'i>)> {
    let YamlData::Mapping(mapping) = &node.data else { return Vec::new() };
    let mut own = Vec::with_capacity(mapping.len());
    let mut merged = Vec::new();
    for (key, value) in mapping {
        match scalar(key) {
            Some("<<") => match &value.data {
                YamlData::Sequence(items) => merged.extend(items.iter().flat_map(members)),
                _ => merged.extend(members(value)),
            },
            Some(key) => own.push((key.to_owned(), value)),
            None => {}
        }
    }
    for (key, value) in merged {
        if !own.iter().any(|(mine, _)| *mine == key) {
            own.push((key, value));
        }
    }
    own
}

/// A value with its variables replaced, as Compose does before a service sees it.
pub fn interpolated(value: &str, variables: &BTreeMap<String, String>) -> String {
    expanded(value, EnvDialect::Compose, &|name| variables.get(name).cloned())
}
