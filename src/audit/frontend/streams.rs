//! What a socket says as a stream of rxjs: `webSocket(url).pipe(filter((message) => message.type === type))`.

use std::collections::BTreeSet;

use crate::audit::code::{Call, Expr};
use crate::audit::program::{Program, Site};

/// Operators and names between a socket and where its messages are read.
const FARTHEST: u32 = 8;

/// The functions that are given a socket's messages.
pub(super) fn told(program: &Program<'_>) -> BTreeSet<Site> {
    let mut found = BTreeSet::new();
    if program.script_calls("webSocket").is_empty() {
        return found;
    }
    for call in program.script_calls("pipe").iter().filter(|call| reads_socket(program, call.call, call.site))
    {
        let operators = call.call.arguments.iter().filter_map(|it| it.value.call());
        let given = operators.filter_map(|operator| operator.positional(0));
        found.extend(given.flat_map(|it| program.functions(it, call.site)));
    }
    for call in
        program.script_calls("subscribe").iter().filter(|call| reads_socket(program, call.call, call.site))
    {
        let given = call.call.positional(0).map(|it| program.functions(it, call.site));
        found.extend(given.into_iter().flatten());
    }
    found
}

fn reads_socket<'p>(program: &Program<'p>, call: &'p Call<'p>, site: Site) -> bool {
    call.callee.receiver().is_some_and(|stream| is_socket(program, stream, site, FARTHEST))
}

/// The stream comes from a socket, whatever operators are put between.
fn is_socket<'p>(program: &Program<'p>, stream: &'p Expr<'p>, site: Site, left: u32) -> bool {
    let Some(left) = left.checked_sub(1) else { return false };
    program.results_of(stream, site).any(|(made, owner)| match made.callee.last_name() {
        "webSocket" => program.is_outside(&made.callee, owner, |path| path.starts_with("rxjs")),
        "defer" => made.positional(0).is_some_and(|given| {
            let makers = program.functions(given, owner).into_iter();
            makers
                .flat_map(|maker| program.returns(maker).into_iter().map(move |it| (it, maker)))
                .any(|(it, maker)| is_socket(program, it, maker, left))
        }),
        "merge" | "concat" | "race" => {
            made.arguments.iter().any(|given| is_socket(program, &given.value, owner, left))
        }
        _ => made.callee.receiver().is_some_and(|of| is_socket(program, of, owner, left)),
    })
}
