//! Pollers: timers of the browser tied to the requests that they repeat. A timer that reaches no request is a
//! clock or a keep-alive, and no poller.

use std::collections::BTreeSet;

use crate::audit::code::visit::{self, Context, Part};
use crate::audit::code::{Call, Expr, Kind, entry};
use crate::audit::program::{ClassId, Definition, Env, Given, Program, Site, Step, within};
use crate::audit::websocket::gates;

use super::events::Events;
use super::fallback::Bearing;
use super::fetches::{Fetch, Fetches, SWR};
use super::refetches::Refetches;
use super::{fallback, gated, queries, repeaters, ticks, timers, waiting};

pub(in crate::audit) struct Poller {
    pub unit: usize,
    pub site: Site,
    pub line: u32,
    /// `setInterval`, `refetchInterval`, a helper's name.
    pub form: String,
    /// The function it stands in.
    pub symbol: String,
    /// Indices of the requests it repeats.
    pub fetches: Vec<usize>,
    pub milliseconds: Vec<f64>,
    /// Kept for when the WebSocket is down.
    pub fallback: bool,
    /// What it repeats could not be followed at all.
    pub blind: bool,
    /// It stands there and never runs: switched off, or behind a condition that is never true.
    pub off: bool,
    /// Whether it asks hangs on something that the source does not say.
    pub unclear: bool,
    /// The shared interval behind it: file and line.
    pub tick: Option<(usize, u32)>,
}

impl Poller {
    fn bear(&mut self, bearing: Bearing) {
        self.fallback |= bearing == Bearing::Fallback;
        self.off |= bearing == Bearing::Off;
    }
}

pub(in crate::audit) fn find<'p>(program: &Program<'p>, fetches: &Fetches<'p>) -> Vec<Poller> {
    let (refetches, events) = (Refetches::of(program), Events::of(program));
    let mut search = Search { program, fetches, refetches, events, found: Vec::new() };
    let mut counting = Vec::new();
    for timer in timers::find(program) {
        let before = search.found.len();
        search.timer(&timer);
        if search.found.len() == before {
            counting.push(timer);
        }
    }
    let once = timers::once(program);
    for timer in ticks::answered(program, &once) {
        search.timer(timer);
    }
    let mut written = Vec::new();
    for query in queries::find(program) {
        let before = search.found.len();
        search.query(&query);
        if search.found.len() > before {
            written.push(std::ptr::from_ref(query.option));
        }
    }
    for query in queries::said_elsewhere(program) {
        if !written.contains(&std::ptr::from_ref(query.option)) {
            search.query(&query);
        }
    }
    for waiting in waiting::find(program) {
        let mut asked = search.asked(waiting.functions.iter().copied());
        let bearing = waiting.delay.map(|(delay, site)| fallback::of_interval(program, delay, site));
        let bearing = bearing.unwrap_or_default();
        asked.extend(waiting.calls.iter().flat_map(|call| search.made_by(call)));
        if !asked.is_empty() {
            let mut poller = search.poller(waiting.site, waiting.line, "a loop that waits", asked);
            poller.milliseconds.clone_from(&waiting.milliseconds);
            poller.bear(bearing);
            search.found.push(poller);
        }
        for (fetch, _) in search.given(waiting.functions.iter().copied(), waiting.site) {
            let mut poller = search.poller_of(fetch);
            poller.milliseconds.clone_from(&waiting.milliseconds);
            poller.bear(bearing);
            search.found.push(poller);
        }
    }
    counting.extend(ticks::renewed(program, once));
    let ticks = ticks::of_timers(program, &counting);
    for effect in ticks::effects(program, &ticks) {
        let timer = &counting[effect.timer];
        let mut asked = search.asked(effect.functions.iter().copied());
        asked.extend(search.made_by(effect.call));
        if asked.is_empty() {
            continue;
        }
        let milliseconds =
            timer.delay.map(|delay| program.numbers(delay, timer.site, None)).unwrap_or_default();
        let mut poller = search.poller(effect.site, effect.call.line, effect.call.callee.last_name(), asked);
        (poller.milliseconds, poller.tick) = (milliseconds, Some((timer.site.unit, timer.call.line)));
        poller.off = search.never_comes(effect.call, effect.site);
        let given = effect.call.positional(0).map(|it| program.functions(it, effect.site));
        let given = given.unwrap_or_default();
        poller.off |= timer.site.unit != effect.site.unit && gated::is_unused(program, timer.site);
        poller.off |= gated::runs_once(program, &given);
        poller.bear(fallback::of_callbacks(program, given));
        search.found.push(poller);
    }
    let mut found = search.found;
    let by_client = |index: &usize| !fetches.list[*index].call.callee.is_name("fetch");
    let turned_away = gated::turns_away(program);
    for poller in &mut found {
        poller.unclear |= turned_away && poller.fetches.iter().any(by_client);
    }
    found.sort_by(|a, b| (a.unit, a.line, &a.form).cmp(&(b.unit, b.line, &b.form)));
    found.dedup_by(|next, kept| {
        let same = (next.unit, next.line) == (kept.unit, kept.line);
        if same {
            kept.fetches.append(&mut next.fetches);
            kept.fetches.sort_unstable();
            kept.fetches.dedup();
        }
        same
    });
    found
}

/// A function that is imported from outside of the tree; what browsers have by themselves is known to ask nobody.
fn is_of_library<'p>(program: &Program<'p>, callback: &'p Expr<'p>, site: Site) -> bool {
    let written = callback.dotted();
    let root = written.split('.').next().unwrap_or_default();
    let imported = |definition: &Definition<'p>| matches!(definition, Definition::External(path) if !path.starts_with(root));
    let definitions = program.resolve(callback, site);
    matches!(callback.kind, Kind::Name(_) | Kind::Member(..))
        && !definitions.is_empty()
        && definitions.iter().all(imported)
}

/// No interval at all: `useInterval(load, null)` waits for one.
fn is_paused(delay: &Expr<'_>) -> bool {
    matches!(delay.kind, Kind::Null | Kind::Bool(false))
}

fn is_of_hook(fetch: &Fetch<'_>) -> bool {
    SWR.contains(&fetch.call.callee.last_name())
}

/// `mutate(data, false)` and `mutate(data, { revalidate: false })` put data in place and ask nobody.
fn leaves_as_it_is(call: &Call<'_>) -> bool {
    let says_no = |value: &Expr<'_>| matches!(value.kind, Kind::Bool(false));
    call.positional(1).is_some_and(|options| match &options.kind {
        Kind::Record(entries) => entry(entries, "revalidate").is_some_and(|entry| says_no(&entry.value)),
        _ => says_no(options),
    })
}

struct Search<'r, 'p> {
    program: &'r Program<'p>,
    fetches: &'r Fetches<'p>,
    refetches: Refetches,
    events: Events<'p>,
    found: Vec<Poller>,
}

/// Events that lead to events, no farther.
const FARTHEST: usize = 4;

impl<'p> Search<'_, 'p> {
    /// The requests among what these functions may run.
    fn asked(&self, functions: impl IntoIterator<Item = Site>) -> Vec<usize> {
        let mut reached = self.program.reach(functions);
        for _ in 0..FARTHEST {
            let mut more = self.refetches.of_functions(&reached);
            more.extend(self.events.of_functions(&reached));
            more.extend(reached.iter().flat_map(|site| self.overriding(*site)));
            if more.is_subset(&reached) {
                break;
            }
            reached.extend(self.program.reach(more));
        }
        let list = self.fetches.list.iter().enumerate();
        let asked = list.filter(|(_, fetch)| reached.contains(&fetch.site)).map(|(index, _)| index);
        asked.chain(self.asked_again(&reached)).chain(self.kept(&reached)).collect()
    }

    /// The requests that are kept under a name at the top of a module, `const bar = get("/session")`, and made where
    /// something of that name is called.
    fn kept(&self, reached: &BTreeSet<Site>) -> Vec<usize> {
        let list = self.fetches.list.iter().enumerate();
        let kept: Vec<(usize, &Fetch<'p>)> =
            list.filter(|(_, it)| it.site.function == 0 && reached.contains(&it.asker)).collect();
        let mut found = Vec::new();
        for site in reached.iter().filter(|_| !kept.is_empty()) {
            visit::function(self.program.function(*site), &mut |part, _| {
                let Part::Expression(expr) = part else { return };
                if !matches!(expr.kind, Kind::Name(_) | Kind::Member(..)) {
                    return;
                }
                for (call, _) in self.program.results_of(expr, *site) {
                    let own = kept.iter().filter(|(_, fetch)| std::ptr::eq(call, fetch.call));
                    found.extend(own.map(|(index, _)| *index));
                }
            });
        }
        found
    }

    /// The requests of hooks that these functions ask again: `const { mutate } = useSWR("/api/x", …)`.
    fn asked_again(&self, reached: &BTreeSet<Site>) -> Vec<usize> {
        let mut found = Vec::new();
        for site in reached.iter().filter(|_| self.fetches.list.iter().any(is_of_hook)) {
            let calls = self.program.calls_in_function(*site).into_iter();
            let asking = calls.filter(|call| !leaves_as_it_is(call));
            found.extend(asking.flat_map(|call| self.made_by_hook(&call.callee, *site)));
        }
        found
    }

    /// The request of the hook whose own way to ask again the expression is.
    fn made_by_hook(&self, expr: &'p Expr<'p>, site: Site) -> Vec<usize> {
        let hooks: Vec<(usize, &Fetch<'p>)> =
            self.fetches.list.iter().enumerate().filter(|(_, fetch)| is_of_hook(fetch)).collect();
        if hooks.is_empty() {
            return Vec::new();
        }
        let definitions = self.program.resolve(expr, site).into_iter();
        let called = definitions.filter_map(|definition| match definition {
            Definition::Part(value, _, steps) if steps.first() == Some(&Step::Key("mutate")) => value.call(),
            _ => None,
        });
        called
            .flat_map(|call| hooks.iter().filter(move |(_, fetch)| std::ptr::eq(fetch.call, call)))
            .map(|(index, _)| *index)
            .collect()
    }

    /// The methods that stand in a method's place in classes that descend from its own.
    fn overriding(&self, site: Site) -> Vec<Site> {
        let function = self.program.function(site);
        let Some(class) = function.class.map(|class| ClassId { unit: site.unit, class }) else {
            return Vec::new();
        };
        let heirs = self.program.heirs(class).into_iter();
        heirs.filter_map(|heir| self.program.own_method(heir, function.name)).collect()
    }

    /// The call stands where nothing ever comes.
    fn never_comes(&self, call: &'p Call<'p>, site: Site) -> bool {
        self.program.never_runs(&gates::context(self.program, call, site), site)
    }

    /// The requests that a call makes.
    fn made_by(&self, call: &Call<'p>) -> impl Iterator<Item = usize> {
        let list = self.fetches.list.iter().enumerate();
        list.filter(move |(_, fetch)| std::ptr::eq(fetch.call, call)).map(|(index, _)| index)
    }

    fn poller(&self, site: Site, line: u32, form: &str, fetches: Vec<usize>) -> Poller {
        Poller {
            unit: site.unit,
            site,
            line,
            form: form.to_owned(),
            symbol: self.program.name(site).to_owned(),
            fetches,
            milliseconds: Vec::new(),
            fallback: false,
            blind: false,
            off: false,
            unclear: false,
            tick: None,
        }
    }

    /// The requests whose path is given to the helper in which a timer stands, and the calls down to that helper:
    /// `usePoll("/x")` polls, not the `setInterval` inside it.
    fn given(&self, functions: impl IntoIterator<Item = Site>, timer: Site) -> Vec<(usize, Vec<Given<'p>>)> {
        let reached = self.program.reach(functions);
        let around = |fetch: &Fetch<'p>| {
            let asked = reached.contains(&fetch.asker) || fetch.asker == timer;
            let helper =
                fetch.through.iter().rposition(|(helper, ..)| self.program.is_inside(timer, *helper));
            helper.filter(|_| asked)
        };
        let list = self.fetches.list.iter().enumerate();
        list.filter_map(|(index, fetch)| Some((index, fetch.through[..=around(fetch)?].to_vec()))).collect()
    }

    /// The poller that stands where a request's path is given.
    fn poller_of(&self, fetch: usize) -> Poller {
        let given = &self.fetches.list[fetch];
        self.poller(given.site, given.call.line, given.call.callee.last_name(), vec![fetch])
    }

    fn timer(&mut self, timer: &timers::BrowserTimer<'p>) {
        let program = self.program;
        let referred = timer.functions(program);
        let mut asked = self.asked(referred.iter().copied());
        asked.extend(self.written_in(timer.callback, timer.site));
        asked.extend(self.made_by_hook(timer.callback, timer.site));
        // `const run = new Function(code)` and `setInterval(run, 1000)`
        let made = program.results_of(timer.callback, timer.site).map(|(call, _)| call);
        asked.extend(made.filter(|call| call.callee.is_name("Function")).flat_map(|call| self.made_by(call)));
        if !asked.is_empty() {
            let asks_nobody = asked.iter().all(|index| {
                let Fetch { call, site, .. } = &self.fetches.list[*index];
                self.never_comes(call, *site)
            });
            let mut poller = self.poller(timer.site, timer.call.line, timer.form, asked);
            if let Some(delay) = timer.delay {
                poller.milliseconds = program.numbers(delay, timer.site, None);
                poller.bear(fallback::of_interval(program, delay, timer.site));
            }
            let context: Context<'p, 'p> = gates::context(program, timer.call, timer.site);
            poller.bear(fallback::of_context(program, &context, timer.site));
            let callbacks = program.functions(timer.callback, timer.site);
            poller.off |= gated::runs_once(program, &callbacks);
            poller.bear(fallback::of_callbacks(program, callbacks));
            poller.unclear = !poller.fallback && gated::by_environment(program, &context, timer.site);
            poller.off |= asks_nobody
                || timer.ends
                || (timer.form != timers::REPEATS
                    && timer.call.arguments.get(1).is_some_and(|it| is_paused(&it.value)))
                || program.never_runs(&context, timer.site)
                || timers::is_stopped_at_once(program, timer);
            self.found.push(poller);
        }
        let is_hidden = is_of_library(program, timer.callback, timer.site)
            || !timer.code(program).is_empty()
            || (timer.is_spread && repeaters::repeated(program, timer).is_empty());
        if referred.is_empty() && is_hidden {
            let mut poller = self.poller(timer.site, timer.call.line, timer.form, Vec::new());
            poller.blind = true;
            self.found.push(poller);
        }
        for (fetch, chain) in self.given(referred, timer.site) {
            let mut poller = self.poller_of(fetch);
            if let Some(delay) = timer.delay {
                poller.milliseconds = repeaters::interval(program, (delay, timer.site), &chain);
                let delays = repeaters::given(program, delay, timer.site, &chain);
                poller.off |= delays.iter().all(|(delay, _)| is_paused(delay));
                let context: Context<'p, 'p> = gates::context(program, timer.call, timer.site);
                poller.off |=
                    within(&chain, None, &mut |env| program.never_runs_in(&context, timer.site, env));
                let bearing =
                    delays.into_iter().map(|(delay, site)| fallback::of_interval(program, delay, site));
                poller.bear(bearing.max().unwrap_or_default());
            }
            self.found.push(poller);
        }
        for parameter in repeaters::repeated(program, timer) {
            for given in repeaters::uses(program, timer, &parameter) {
                let asked = self.asked(given.functions.iter().copied());
                if asked.is_empty() {
                    continue;
                }
                let form = match given.call.callee.last_name() {
                    "" => timer.form,
                    name => name,
                };
                let mut poller = self.poller(given.site, given.call.line, form, asked);
                poller.milliseconds = given.interval;
                poller.off |= given.delay.is_some_and(|(delay, _)| is_paused(delay))
                    || given.off
                    || self.never_comes(given.call, given.site);
                let bearing = given.delay.map(|(delay, site)| fallback::of_interval(program, delay, site));
                poller.bear(bearing.unwrap_or_default());
                self.found.push(poller);
            }
        }
    }

    fn query(&mut self, query: &queries::Query<'p>) {
        let program = self.program;
        let mut asked = self.asked(query.functions.iter().copied());
        asked.extend(query.calls.iter().flat_map(|call| self.made_by(call)));
        let bearing = fallback::of_interval(program, query.option, query.option_site)
            .max(fallback::of_entries(program, query.entries, query.site));
        let says = |key: &str| entry(query.entries, key).map(|said| &said.value);
        let is = |key: &str, value| says(key).is_some_and(|it| program.is_always(it, query.site, value));
        let off = queries::is_off(query.option)
            || program.never_holds(query.option, query.option_site)
            || program.is_always(query.option, query.option_site, false)
            || is("enabled", false)
            || is("skip", true)
            || is("isPaused", true)
            || says("queryFn").is_some_and(|it| it.is_name("skipToken"))
            || query.calls.iter().any(|call| call.positional(0).is_some_and(|it| it.is_name("skipToken")))
            || queries::is_off_by_client(program, query)
            || query.calls.iter().any(|call| self.never_comes(call, query.site));
        for (fetch, chain) in self.given(query.functions.iter().copied(), query.site) {
            let options = repeaters::given(program, query.option, query.option_site, &chain);
            // What a hook does where nobody says anything is no decision of a page.
            let unsaid = |(option, site): &(&'p Expr<'p>, Site)| {
                let of_hook = chain.iter().any(|(helper, ..)| helper == site);
                matches!(option.kind, Kind::Null) || (of_hook && queries::is_off(option))
            };
            if options.iter().all(unsaid) {
                continue;
            }
            let mut poller = self.poller_of(fetch);
            let holds_never = |env: Option<&Env<'_, 'p>>| {
                let says_no =
                    |key: &str| says(key).is_some_and(|it| program.never_holds_in(it, query.site, env));
                says_no("enabled") || program.never_holds_in(query.option, query.option_site, env)
            };
            poller.off |= off
                || within(&chain, None, &mut |env| holds_never(env))
                || options.iter().all(|(option, site)| program.never_holds(option, *site));
            poller.milliseconds = repeaters::interval(program, (query.option, query.option_site), &chain);
            let given =
                options.into_iter().map(|(option, site)| fallback::of_interval(program, option, site));
            poller.bear(given.max().unwrap_or_default().max(bearing));
            self.found.push(poller);
        }
        // A hook repeats something; options that stand by themselves do not.
        let hook = query.calls.iter().any(|call| call.callee.last_name().starts_with("use"));
        let blind = query.functions.is_empty() && hook;
        if asked.is_empty() && !blind {
            return;
        }
        let mut poller = self.poller(query.site, query.line, query.form, asked);
        poller.blind = blind && poller.fetches.is_empty();
        poller.milliseconds = program.numbers(query.option, query.option_site, None);
        poller.bear(bearing);
        poller.off |= off;
        poller.unclear = bearing == Bearing::Free && gated::is_asked_of(program, query);
        self.found.push(poller);
    }

    /// Requests written in the expression itself: `setInterval(api.get("/x"), 1000)` is wrong, but it is there.
    fn written_in(&self, expr: &'p Expr<'p>, site: Site) -> Vec<usize> {
        let mut found = Vec::new();
        visit::expression(expr, &mut |part| {
            let Some(call) = part.call() else { return };
            let own = self
                .fetches
                .list
                .iter()
                .position(|fetch| std::ptr::eq(fetch.call, call) && fetch.site == site);
            found.extend(own);
        });
        found
    }
}
