//! Hooks that Redux Toolkit Query makes of endpoints: `useBalanceQuery` of `balance: build.query({ query })`.

use super::resolve::Definition;
use super::{Program, Site};
use crate::audit::code::{Call, Entry, Expr, Kind, entry};

/// What makes such hooks.
const MAKERS: [&str; 3] = ["createApi", "injectEndpoints", "enhanceEndpoints"];

/// An endpoint as it is written: its name, the call that describes it, what that says, and where.
pub(in crate::audit) struct Endpoint<'p> {
    pub name: &'p str,
    pub call: &'p Call<'p>,
    pub says: &'p [Entry<'p>],
    pub site: Site,
}

impl<'p> Program<'p> {
    /// The endpoints of a call that makes hooks.
    pub fn endpoints_of(&self, made: &'p Call<'p>, owner: Site) -> Vec<Endpoint<'p>> {
        let given = made.positional(0).filter(|_| MAKERS.contains(&made.callee.last_name()));
        let given = given.into_iter().flat_map(|given| self.resolve(given, owner));
        let built = given.filter_map(|given| match given {
            Definition::Value(Expr { kind: Kind::Record(entries), .. }, site) => {
                entry(entries, "endpoints").map(|built| self.functions(&built.value, site))
            }
            _ => None,
        });
        let mut found = Vec::new();
        for site in built.flatten() {
            for result in self.returns(site).into_iter().filter_map(Expr::entries) {
                found.extend(result.iter().filter_map(|it| {
                    let Kind::Text(std::borrow::Cow::Borrowed(name)) = it.key.as_ref()?.kind else {
                        return None;
                    };
                    let call = it.value.call()?;
                    let says = call.positional(0)?.entries()?;
                    Some(Endpoint { name, call, says, site })
                }));
            }
        }
        found
    }

    /// The functions by which an endpoint is asked.
    pub fn asking(&self, endpoint: &Endpoint<'p>) -> Vec<Site> {
        let asks = ["query", "queryFn"].iter().filter_map(|key| entry(endpoint.says, key));
        asks.flat_map(|asks| self.functions(&asks.value, endpoint.site)).collect()
    }

    /// What a hook of this name runs.
    pub(super) fn generated(&self, made: &'p Call<'p>, owner: Site, hook: &str) -> Vec<Definition<'p>> {
        let mut found = Vec::new();
        if !MAKERS.contains(&made.callee.last_name()) || !hook.starts_with("use") {
            return found;
        }
        for endpoint in self.endpoints_of(made, owner) {
            let (first, rest) =
                endpoint.name.split_at(endpoint.name.chars().next().map_or(0, char::len_utf8));
            let name = format!("{}{rest}", first.to_uppercase());
            let hooks = [
                format!("use{name}Query"),
                format!("useLazy{name}Query"),
                format!("use{name}SuspenseQuery"),
                format!("use{name}Mutation"),
            ];
            if hooks.iter().any(|own| own == hook) {
                found.extend(self.asking(&endpoint).into_iter().map(Definition::Function));
            }
        }
        // Of an API to which endpoints are added later: its own are asked of the result too.
        if let (true, Some(receiver)) = (found.is_empty(), made.callee.receiver()) {
            for before in self.resolve(receiver, owner) {
                let Definition::Value(value, site) = before else { continue };
                found.extend(value.call().into_iter().flat_map(|call| self.generated(call, site, hook)));
            }
        }
        found
    }
}
