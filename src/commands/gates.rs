//! `gates`: every gate, what it measures, and where it is asked.

use crate::cli::{Format, GatesArgs};
use crate::environment::Environment;
use crate::error::{Error, Result, nearest};
use crate::judge::explained::explanation;
use crate::judge::gates::ALL;
use crate::judge::run::RUN_GATES;
use crate::report::gates::{GateExplanation, GateInfo, GatesReport, human};
use crate::report::{Answer, unsupported};

pub fn run(args: &GatesArgs) -> Result<Box<dyn Answer>> {
    let mut gates: Vec<GateInfo> = Vec::new();
    for gate in &RUN_GATES {
        gates.push(GateInfo {
            code: gate.code.to_owned(),
            asked_by: vec!["run".to_owned()],
            measures: gate.meaning.to_owned(),
            explanation: None,
        });
    }
    for gate in ALL {
        gates.push(GateInfo {
            code: gate.code.to_owned(),
            asked_by: gate.decisions.iter().map(ToString::to_string).collect(),
            measures: gate.measures.to_owned(),
            explanation: None,
        });
    }
    let named: Vec<&String> = args.codes.iter().chain(&args.explain).collect();
    for code in &named {
        if !gates.iter().any(|gate| gate.code == **code) {
            let error = Error::usage(format!("there is no gate `{code}`"));
            return Err(match nearest(code, gates.iter().map(|gate| gate.code.as_str())) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint("thor-cutover gates lists them all"),
            });
        }
    }
    gates.retain(|gate| named.is_empty() || named.contains(&&gate.code));
    for gate in gates.iter_mut().filter(|_| args.explain.is_some()) {
        gate.explanation = explanation(&gate.code).map(|it| GateExplanation {
            why: it.why.to_owned(),
            example: it.example.to_owned(),
            fix: it.fix.to_owned(),
        });
    }
    Ok(Box::new(GatesAnswer(GatesReport { schema: "thor-cutover/gates/1".to_owned(), exit_code: 0, gates })))
}

#[derive(Debug)]
struct GatesAnswer(GatesReport);

impl Answer for GatesAnswer {
    fn exit_code(&self) -> u8 {
        self.0.exit_code
    }

    fn render(&self, format: Format, environment: &Environment) -> Result<String> {
        match format {
            Format::Human => Ok(human(&self.0, environment.width())),
            Format::Json => Ok(serde_json::to_string_pretty(&self.0).map_err(anyhow::Error::new)? + "\n"),
            other => Err(unsupported("gates", other)),
        }
    }
}
