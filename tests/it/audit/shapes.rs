//! Shapes of real pages, one small tree each: a poller, or a request, is found however its address is made, and what
//! cannot be followed is said to be unknown. A clock is no poller.

use thor_cutover::model::facts::audit::{AuditReport, Finding, FindingKind, Listening};

use super::{audit_at, write};

const API: &str = "import axios from 'axios'\nexport default axios.create({ baseURL: '/api' })\n";
const MAIN: &str = "import { createRoot } from 'react-dom/client'\nimport { Page } from './page'\ncreateRoot(document.body).render(<Page/>)\n";

/// A frontend with one page, and a few more files below `web/src`.
pub fn of_page(page: &str, more: &[(&str, &str)]) -> AuditReport {
    let tree = tempfile::tempdir().expect("a folder");
    write(tree.path(), "manage.py", "");
    write(tree.path(), "web/package.json", "{}");
    write(tree.path(), "web/src/main.tsx", MAIN);
    write(tree.path(), "web/src/api.ts", API);
    write(tree.path(), "web/src/page.tsx", page);
    for (path, text) in more {
        write(tree.path(), &format!("web/src/{path}"), text);
    }
    audit_at(tree.path(), "a")
}

/// A frontend of its own: an entry page, and these files below `web/src`.
pub fn of_files(files: &[(String, String)]) -> AuditReport {
    let tree = tempfile::tempdir().expect("a folder");
    write(tree.path(), "manage.py", "");
    write(tree.path(), "web/package.json", "{}");
    write(tree.path(), "web/index.html", "<script type=\"module\" src=\"/src/main.tsx\"></script>");
    for (path, text) in files {
        write(tree.path(), &format!("web/src/{path}"), text);
    }
    audit_at(tree.path(), "a")
}

fn kinds(report: &AuditReport, kind: FindingKind) -> Vec<&Finding> {
    report.findings.iter().filter(|it| it.kind == kind).collect()
}

fn polls(report: &AuditReport, feature: &str) -> bool {
    kinds(report, FindingKind::Poller).iter().any(|it| it.feature.as_deref() == Some(feature))
}

/// Each is a poller of account_balance.
const BALANCE: &[(&str, &str)] = &[
    (
        "useMemo",
        "import { useEffect, useMemo } from 'react'\nfunction getUrl() { return '/api/accounts/balance/' }\n\
         export function Page() {\n  const url = useMemo(() => getUrl(), [])\n  useEffect(() => {\n    const load = async () => { await fetch(url) }\n\
         \n    const id = setInterval(load, 1000)\n    return () => clearInterval(id)\n  }, [url])\n  return null\n}\n",
    ),
    (
        "five returns",
        "import { useEffect } from 'react'\nfunction base() {\n  if (import.meta.env.VITE_A) return import.meta.env.VITE_A\n\
         \n  if (import.meta.env.VITE_B) return `${import.meta.env.VITE_B}/api`\n  if (window.X) return window.X\n\
         \n  if (typeof window !== 'undefined') return window.location.origin\n  return 'http://localhost:8000'\n}\n\
         export function Page() {\n  useEffect(() => { const id = setInterval(() => fetch(`${base()}/api/accounts/balance/`), 1000); return () => clearInterval(id) }, [])\n  return null\n}\n",
    ),
    (
        "Promise.all over a list, with a query",
        "import { useEffect, useMemo } from 'react'\nconst MARKETS = ['a', 'b']\nconst getUrl = () => '/api/accounts/balance/'\n\
         export function Page() {\n  const url = useMemo(() => getUrl(), [])\n  useEffect(() => {\n\
         \n    const all = async () => { await Promise.all(MARKETS.map(async (m) => { const r = await fetch(`${url}?account=${encodeURIComponent(m)}`); return r.json() })) }\n\
         \n    const id = setInterval(all, 1000)\n    return () => clearInterval(id)\n  }, [url])\n  return null\n}\n",
    ),
    (
        "candidates tried in a loop",
        "import { useEffect, useMemo } from 'react'\nfunction buildUrls(): string[] {\n  const urls: string[] = []\n  const base = import.meta.env.VITE_API\n\
         \n  if (base) urls.push(`${base}/accounts/balance/`)\n  urls.push('/api/accounts/balance/')\n  return Array.from(new Set(urls))\n}\n\
         export function Page() {\n  const urls = useMemo(buildUrls, [])\n  useEffect(() => {\n    async function load() {\n\
         \n      for (const url of urls) {\n        try { const r = await fetch(url); if (r.ok) return r.json() } catch { continue }\n      }\n    }\n\
         \n    load()\n    const id = window.setInterval(load, 5000)\n    return () => window.clearInterval(id)\n  }, [urls])\n  return null\n}\n",
    ),
    (
        "a client's base from a function called on the spot that calls a helper",
        "import axios from 'axios'\nimport { useEffect } from 'react'\nconst trim = (s: string) => s.replace(/\\/$/, '')\n\
         const client = axios.create({ baseURL: (() => { const own = import.meta.env.VITE_API; if (own) return trim(own); return trim('/api/') })() })\n\
         export function Page() {\n  useEffect(() => { const id = setInterval(() => client.get('/accounts/balance/'), 1000); return () => clearInterval(id) }, [])\n  return null\n}\n",
    ),
    (
        "rxjs",
        "import { interval } from 'rxjs'\nimport { switchMap } from 'rxjs/operators'\nimport api from './api'\n\
         export const balance$ = interval(1000).pipe(switchMap(() => api.get('/accounts/balance/')))\nexport function Page() { return null }\n",
    ),
    (
        "rxjs through a name",
        "import { timer } from 'rxjs'\nimport { switchMap } from 'rxjs/operators'\nimport api from './api'\nconst beat = timer(0, 1000)\n\
         export const run = () => beat.pipe(switchMap(() => api.get('/accounts/balance/'))).subscribe(() => {})\nexport function Page() { run(); return null }\n",
    ),
    (
        "a reference to the newest function",
        "import { useEffect, useRef } from 'react'\nimport api from './api'\nexport function Page() {\n\
         \n  const saved = useRef<() => void>()\n  saved.current = () => { api.get('/accounts/balance/') }\n\
         \n  useEffect(() => { const id = setInterval(() => saved.current?.(), 1000); return () => clearInterval(id) }, [])\n  return null\n}\n",
    ),
    (
        "an address in a reference",
        "import { useEffect, useRef } from 'react'\nexport function Page() {\n  const url = useRef('/api/accounts/balance/')\n\
         \n  useEffect(() => { const id = setInterval(() => fetch(url.current), 1000); return () => clearInterval(id) }, [])\n  return null\n}\n",
    ),
    (
        "an address in a state",
        "import { useEffect, useState } from 'react'\nexport function Page() {\n  const [url] = useState(() => '/api/accounts/balance/')\n\
         \n  useEffect(() => { const id = setInterval(() => fetch(url), 1000); return () => clearInterval(id) }, [url])\n  return null\n}\n",
    ),
    (
        "an address in a context",
        "import { createContext, useContext, useEffect, useMemo } from 'react'\nconst Urls = createContext({ balance: '' })\n\
         function Inner() {\n  const { balance } = useContext(Urls)\n\
         \n  useEffect(() => { const id = setInterval(() => fetch(balance), 1000); return () => clearInterval(id) }, [balance])\n  return null\n}\n\
         export function Page() {\n  const value = useMemo(() => ({ balance: '/api/accounts/balance/' }), [])\n  return <Urls.Provider value={value}><Inner/></Urls.Provider>\n}\n",
    ),
    (
        "a client in a context",
        "import { createContext, useContext, useEffect } from 'react'\nimport api from './api'\nconst Client = createContext(api)\n\
         function Inner() {\n  const http = useContext(Client)\n\
         \n  useEffect(() => { const id = setInterval(() => http.get('/accounts/balance/'), 1000); return () => clearInterval(id) }, [http])\n  return null\n}\n\
         export function Page() { return <Client.Provider value={api}><Inner/></Client.Provider> }\n",
    ),
    (
        "a text with a bare ampersand",
        "import { useEffect } from 'react'\nimport api from './api'\nexport function Page() {\n\
         \n  useEffect(() => { const id = setInterval(() => api.get('/accounts/balance/'), 1000); return () => clearInterval(id) }, [])\n  return <h1>Profit & Loss</h1>\n}\n",
    ),
    (
        "the timer under another name",
        "import { useEffect } from 'react'\nimport api from './api'\nconst every = window.setInterval\nexport function Page() {\n\
         \n  useEffect(() => { const id = every(() => api.get('/accounts/balance/'), 1000); return () => clearInterval(id) }, [])\n  return null\n}\n",
    ),
    (
        "a named function over a list",
        "import { useEffect } from 'react'\nconst load = (path: string) => fetch(path)\nconst PATHS = ['/api/accounts/balance/', '/api/other/']\n\
         export function Page() {\n  useEffect(() => { const id = setInterval(() => PATHS.forEach(load), 1000); return () => clearInterval(id) }, [])\n  return null\n}\n",
    ),
    (
        "handed to a wrapper as a callback",
        "import { useEffect } from 'react'\nconst withBase = (run: (base: string) => void) => run('/api')\nexport function Page() {\n\
         \n  useEffect(() => { const id = setInterval(() => withBase((base) => fetch(base + '/accounts/balance/')), 1000); return () => clearInterval(id) }, [])\n  return null\n}\n",
    ),
    (
        "a shared tick in a memoised context",
        "import { createContext, useContext, useEffect, useMemo, useState } from 'react'\nimport api from './api'\nconst Tick = createContext({ tick: 0 })\n\
         function Provider({ children }) {\n  const [tick, setTick] = useState(0)\n\
         \n  useEffect(() => { const id = setInterval(() => setTick((n) => n + 1), 1000); return () => clearInterval(id) }, [])\n\
         \n  const value = useMemo(() => ({ tick }), [tick])\n  return <Tick.Provider value={value}>{children}</Tick.Provider>\n}\n\
         function Inner() {\n  const { tick } = useContext(Tick)\n  useEffect(() => { api.get('/accounts/balance/') }, [tick])\n  return null\n}\n\
         export function Page() { return <Provider><Inner/></Provider> }\n",
    ),
    (
        "an url of parts",
        "import { useEffect } from 'react'\nconst ENDPOINTS = { account: { balance: ['accounts', 'balance'] } } as const\n\
         export function Page() {\n  useEffect(() => { const id = setInterval(() => fetch('/api/' + ENDPOINTS.account.balance.join('/') + '/'), 1000); return () => clearInterval(id) }, [])\n  return null\n}\n",
    ),
    (
        "new URL",
        "import { useEffect } from 'react'\nexport function Page() {\n  useEffect(() => { const id = setInterval(() => {\n\
         \n    const url = new URL('/api/accounts/balance/', window.location.origin)\n    url.searchParams.set('a', '1')\n    fetch(url.toString())\n  }, 1000); return () => clearInterval(id) }, [])\n  return null\n}\n",
    ),
    (
        "a library's request that is given the path",
        "import { useEffect } from 'react'\nimport { got } from 'some-client'\nexport function Page() {\n\
         \n  useEffect(() => { const id = setInterval(() => got('/api/accounts/balance/'), 1000); return () => clearInterval(id) }, [])\n  return null\n}\n",
    ),
    (
        "a frame loop",
        "import { useEffect } from 'react'\nimport api from './api'\nexport function Page() {\n\
         \n  useEffect(() => { let id = 0; const loop = () => { api.get('/accounts/balance/'); id = requestAnimationFrame(loop) }; loop(); return () => cancelAnimationFrame(id) }, [])\n  return null\n}\n",
    ),
    (
        "a lazy page",
        "import { lazy } from 'react'\nconst Inner = lazy(() => import('./inner'))\nexport function Page() { return <Inner/> }\n",
    ),
];

#[test]
fn a_poller_is_found_however_its_address_is_made() {
    let inner = "import { useEffect } from 'react'\nimport api from './api'\nexport default function Inner() {\n\
                 \n  useEffect(() => { const id = setInterval(() => api.get('/accounts/balance/'), 1000); return () => clearInterval(id) }, [])\n  return null\n}\n";
    let mut missed = Vec::new();
    for (name, page) in BALANCE {
        let report = of_page(page, &[("inner.tsx", inner)]);
        let own =
            || report.findings.iter().filter(|it| !it.path.ends_with("inner.tsx") || *name == "a lazy page");
        let found = own()
            .any(|it| it.kind == FindingKind::Poller && it.feature.as_deref() == Some("account_balance"));
        if !report.searched.unparsed.is_empty() || !found {
            let seen: Vec<String> =
                own().map(|it| format!("{} {:?} {} {}", it.kind, it.feature, it.line, it.reason)).collect();
            missed.push(format!("{name}: {seen:#?} {:?}", report.searched.unparsed));
        }
    }
    assert!(missed.is_empty(), "{} of {} missed:\n{}", missed.len(), BALANCE.len(), missed.join("\n"));
}

#[test]
fn a_clock_is_no_poller_and_nothing_unknown() {
    let clocks = [
        "import { useEffect, useState } from 'react'\nexport function Page() {\n  const [now, setNow] = useState(new Date())\n\
         \n  useEffect(() => { const id = setInterval(() => setNow(new Date()), 1000); return () => clearInterval(id) }, [])\n  return <b>{String(now)}</b>\n}\n",
        "import { useEffect, useState } from 'react'\nimport api from './api'\nexport function Page({ path }) {\n  const [n, setN] = useState(0)\n  const [rows, setRows] = useState([])\n\
         \n  useEffect(() => { api.get('/accounts/balance/').then(setRows) }, [])\n  useEffect(() => { const id = setInterval(() => setN((n) => n + 1), 1000); return () => clearInterval(id) }, [])\n  return <b>{n}</b>\n}\n",
        "export function Page() { setInterval(() => fetch('https://api.example.com/weather'), 60000); return null }\n",
        "export function Page() { const cache = new Map(); setInterval(() => cache.get('x'), 1000); return null }\n",
    ];
    for page in clocks {
        let report = of_page(page, &[]);
        let own: Vec<_> = report
            .findings
            .iter()
            .filter(|it| {
                matches!(it.kind, FindingKind::Poller | FindingKind::UnresolvedRequest)
                    && it.feature.is_some()
                    || it.kind == FindingKind::UnresolvedRequest
            })
            .collect();
        assert!(own.is_empty(), "{page}\n{own:#?}");
    }
}

#[test]
fn an_address_that_cannot_be_followed_is_unknown_and_belongs_to_every_feature() {
    let pages = [
        "import { useEffect } from 'react'\nimport { secret } from 'elsewhere'\nexport function Page() {\n\
         \n  useEffect(() => { const id = setInterval(() => fetch(secret()), 1000); return () => clearInterval(id) }, [])\n  return null\n}\n",
        "import { useEffect } from 'react'\nexport function Page() {\n\
         \n  useEffect(() => { const id = setInterval(() => fetch(window.CONFIG.urls[location.hash]), 1000); return () => clearInterval(id) }, [])\n  return null\n}\n",
    ];
    for page in pages {
        let report = of_page(page, &[]);
        let unknown = kinds(&report, FindingKind::UnresolvedRequest);
        assert_eq!(unknown.len(), 1, "{page}\n{:#?}", report.findings);
        for facts in &report.features {
            assert_eq!(facts.unresolved.len(), 1, "{}", facts.feature);
        }
    }
}

#[test]
fn a_poller_that_is_switched_off_is_no_poller() {
    let off = [
        "import { useQuery } from '@tanstack/react-query'\nimport api from './api'\nexport function Page() { useQuery({ queryKey: ['b'], queryFn: () => api.get('/accounts/balance/'), refetchInterval: false }); return null }\n",
        "import { useQuery } from '@tanstack/react-query'\nimport api from './api'\nconst EVERY = false\nexport function Page() { useQuery({ queryKey: ['b'], queryFn: () => api.get('/accounts/balance/'), refetchInterval: EVERY }); return null }\n",
        "import { useEffect } from 'react'\nimport api from './api'\nconst POLL = false\nexport function Page() { useEffect(() => { if (!POLL) return; const id = setInterval(() => api.get('/accounts/balance/'), 1000); return () => clearInterval(id) }, []); return null }\n",
        "import { useEffect } from 'react'\nimport api from './api'\nexport function Page() { useEffect(() => { if (1 > 2) { setInterval(() => api.get('/accounts/balance/'), 1000) } }, []); return null }\n",
        "import { interval } from 'rxjs'\nimport { useEffect } from 'react'\nimport api from './api'\nexport function Page() { useEffect(() => { const heard = interval(1000).subscribe(() => api.get('/accounts/balance/')); heard.unsubscribe() }, []); return null }\n",
        "import { interval, switchMap } from 'rxjs'\nimport { useEffect } from 'react'\nimport api from './api'\nconst beat = interval(1000)\nexport function Page() { useEffect(() => { const heard = beat.pipe(switchMap(() => api.get('/accounts/balance/'))).subscribe(); heard.unsubscribe() }, []); return null }\n",
        "import { QueryClient, useQuery } from '@tanstack/react-query'\nimport api from './api'\nexport const client = new QueryClient({ defaultOptions: { queries: { enabled: false } } })\nexport function Page() { useQuery({ queryKey: ['b'], queryFn: () => api.get('/accounts/balance/'), refetchInterval: 1000 }); return null }\n",
        "import { useEffect } from 'react'\nimport api from './api'\nconst ACCOUNTS = []\nexport function Page() { useEffect(() => { ACCOUNTS.forEach((name) => { setInterval(() => api.get('/accounts/balance/', { params: { name } }), 1000) }) }, []); return null }\n",
        "import { useEffect } from 'react'\nimport api from './api'\nexport function Page() { useEffect(() => { for (const name of []) { setInterval(() => api.get('/accounts/balance/', { params: { name } }), 1000) } }, []); return null }\n",
        "import { interval, switchMap, take } from 'rxjs'\nimport { useEffect } from 'react'\nimport api from './api'\nexport function Page() { useEffect(() => { interval(1000).pipe(take(1), switchMap(() => api.get('/accounts/balance/'))).subscribe() }, []); return null }\n",
        "import { filter, interval } from 'rxjs'\nimport { useEffect } from 'react'\nimport api from './api'\nconst beat = interval(1000).pipe(filter(() => false))\nexport function Page() { useEffect(() => { beat.subscribe(() => api.get('/accounts/balance/')) }, []); return null }\n",
        "import { useEffect } from 'react'\nimport api from './api'\nexport function Page() { useEffect(() => { if (false) { setInterval(() => api.get('/accounts/balance/'), 1000) } }, []); return null }\n",
    ];
    for page in off {
        let report = of_page(page, &[]);
        assert!(!polls(&report, "account_balance"), "{page}\n{:#?}", report.findings);
        assert_eq!(kinds(&report, FindingKind::DisabledPoller).len(), 1, "{page}\n{:#?}", report.findings);
    }
}

/// What looks like the ways to switch off, and is none.
#[test]
fn a_poller_that_only_looks_switched_off_is_one() {
    let on = [
        "import { QueryClient, useQuery } from '@tanstack/react-query'\nimport api from './api'\nexport const client = new QueryClient({ defaultOptions: { queries: { enabled: false } } })\nexport function Page() { useQuery({ queryKey: ['b'], queryFn: () => api.get('/accounts/balance/'), refetchInterval: 1000, enabled: true }); return null }\n",
        "import { useEffect } from 'react'\nimport api from './api'\nconst ACCOUNTS = []\nexport const add = (name) => ACCOUNTS.push(name)\nexport function Page() { useEffect(() => { ACCOUNTS.forEach((name) => { setInterval(() => api.get('/accounts/balance/', { params: { name } }), 1000) }) }, []); return null }\n",
        "import { useEffect } from 'react'\nimport api from './api'\nlet accounts = []\nexport const set = (all) => { accounts = all }\nexport function Page() { useEffect(() => { for (const name of accounts) { setInterval(() => api.get('/accounts/balance/', { params: { name } }), 1000) } }, []); return null }\n",
        "import { interval, switchMap, takeWhile } from 'rxjs'\nimport { useEffect } from 'react'\nimport api from './api'\nexport function Page({ shown }) { useEffect(() => { interval(1000).pipe(takeWhile(() => shown), switchMap(() => api.get('/accounts/balance/'))).subscribe() }, []); return null }\n",
        "import { interval, first, switchMap, from } from 'rxjs'\nimport { useEffect } from 'react'\nimport api from './api'\nexport function Page() { useEffect(() => { interval(1000).pipe(switchMap(() => from(api.get('/accounts/balance/')).pipe(first()))).subscribe() }, []); return null }\n",
    ];
    for page in on {
        let report = of_page(page, &[]);
        assert!(polls(&report, "account_balance"), "{page}\n{:#?}", report.findings);
    }
}

/// What SWR is told for all of its hooks is nothing that another library does with the same fetcher.
#[test]
fn an_interval_for_all_hooks_of_swr_is_no_other_librarys() {
    let page = |asks: &str| {
        format!(
            "import useSWR, {{ SWRConfig }} from 'swr'\nimport {{ useQuery }} from '@tanstack/react-query'\nimport {{ fetcher }} from './fetcher'\n\
             function Cash() {{ {asks}; return null }}\n\
             export function Page() {{ return <SWRConfig value={{{{ fetcher, refreshInterval: 1000 }}}}><Cash/></SWRConfig> }}\n"
        )
    };
    let fetcher = "export const fetcher = (path) => fetch(path).then((answer) => answer.json())\n";
    let once = page("useQuery({ queryKey: ['b'], queryFn: () => fetcher('/api/accounts/balance/') })");
    let again = page("useSWR('/api/accounts/balance/')");
    for (page, wanted) in [(once, false), (again, true)] {
        let report = of_page(&page, &[("fetcher.ts", fetcher)]);
        assert_eq!(polls(&report, "account_balance"), wanted, "{page}\n{:#?}", report.findings);
    }
}

#[test]
fn a_hook_that_polls_names_the_components_that_call_it() {
    let hook = "import { useEffect } from 'react'\nimport api from './api'\nexport function useBalance() {\n\
                \n  useEffect(() => { const id = setInterval(() => api.get('/accounts/balance/'), 1000); return () => clearInterval(id) }, [])\n}\n";
    let card = "import { useBalance } from './hook'\nexport function Card() { useBalance(); return null }\n";
    let page = "import { useBalance } from './hook'\nimport { Card } from './card'\nexport function Page() { useBalance(); return <Card/> }\n";
    let report = of_page(page, &[("hook.ts", hook), ("card.tsx", card)]);
    let users: Vec<&str> =
        kinds(&report, FindingKind::PollerUser).iter().map(|it| it.symbol.as_str()).collect();
    assert_eq!(users, ["Card", "Page"]);
    let facts = report.feature("account_balance").expect("audited");
    assert!(facts.pages.iter().all(|page| page.polls), "{:?}", facts.pages);
}

#[test]
fn a_listener_counts_where_the_application_leads_to_it() {
    let socket = "export function useWsMessage(type: string, f: (data: unknown) => void) { const ws = new WebSocket('/ws/'); ws.onmessage = (e) => { const m = JSON.parse(e.data); if (m.type === type) f(m.data) } }\n";
    let listens = "import { useWsMessage } from './socket'\nexport function Balance() { useWsMessage('account_balance', () => {}); return null }\n";
    let shown = "import { Balance } from './balance'\nexport function Page() { return <Balance/> }\n";
    let unused = "import { Balance } from './balance'\nexport function Page() { return null }\nexport const keep = Balance\n";
    let apart = "export function Page() { return null }\n";
    for (page, wanted) in [(shown, Listening::Yes), (unused, Listening::Perhaps), (apart, Listening::No)] {
        let report = of_page(page, &[("socket.ts", socket), ("balance.tsx", listens)]);
        let facts = report.feature("account_balance").expect("audited");
        assert_eq!(facts.listening, wanted, "{page}\n{:#?}", report.findings);
    }
}

/// A socket's messages reach a page as a stream of rxjs, or by an object that a context hands down. A stream of another
/// kind, and an object of a file without a socket, tell of no message.
#[test]
fn a_message_is_listened_to_however_the_socket_hands_it_on() {
    let stream = |source: &str| {
        format!(
            "import {{ webSocket }} from 'rxjs/webSocket'\nimport {{ filter, fromEvent, map, retry, share }} from 'rxjs'\n\
             const messages$ = {source}.pipe(retry(), share())\n\
             export const on$ = (type: string) => messages$.pipe(filter((m) => m.type === type), map((m) => m.data))\n"
        )
    };
    let of_stream = "import { on$ } from './socket'\nexport function Page() { on$('account_balance').subscribe(() => {}); return null }\n";
    let bus = |listens: &str| {
        format!(
            "import {{ createContext, useContext, useEffect, useRef }} from 'react'\nconst Live = createContext(null)\n\
             export function LiveProvider({{ children }}) {{\n  const handlers = useRef({{}})\n  useEffect(() => {{ {listens} }}, [])\n\
             const bus = {{ subscribe(type, fn) {{ (handlers.current[type] ||= []).push(fn); return () => {{}} }} }}\n\
             return <Live.Provider value={{bus}}>{{children}}</Live.Provider>\n}}\n\
             export function useLive(type, fn) {{ const bus = useContext(Live); useEffect(() => bus?.subscribe(type, fn), [bus, type]) }}\n"
        )
    };
    let socket = "const ws = new WebSocket('/ws/'); ws.onmessage = (e) => { const m = JSON.parse(e.data); (handlers.current[m.type] ?? []).forEach((h) => h(m.data)) }";
    let of_bus = "import { LiveProvider, useLive } from './socket'\nfunction Card() { useLive('account_balance', () => {}); return null }\nexport function Page() { return <LiveProvider><Card/></LiveProvider> }\n";
    let rows = [
        (of_stream, stream("webSocket('/ws/')"), true),
        (of_stream, stream("fromEvent(window, 'storage')"), false),
        (of_bus, bus(socket), true),
        (of_bus, bus(""), false),
    ];
    for (page, text, wanted) in rows {
        let report = of_page(page, &[("socket.tsx", &text)]);
        let listens = kinds(&report, FindingKind::Subscription);
        let own = listens.iter().any(|it| it.feature.as_deref() == Some("account_balance"));
        assert_eq!(own, wanted, "{text}\n{:#?}", report.findings);
    }
}
