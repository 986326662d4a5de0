//! More shapes of pages, found by trying: what repeats a request of the balance is found, or said to be unknown; what
//! only moves a picture is neither.

use thor_cutover::model::facts::audit::{Finding, FindingKind};

use super::shapes::of_page;

/// A name, the page, and more files beside it.
type Shape = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// Each is a poller of account_balance.
const FOUND: &[Shape] = &[
    (
        "prop callback",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
function Ticker({ onTick }) {
  useEffect(() => { const id = setInterval(onTick, 1000); return () => clearInterval(id) }, [])
  return null
}
export function Page() { return <Ticker onTick={() => api.get('/accounts/balance/')} /> }
"#,
        &[],
    ),
    (
        "handlers record",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
const jobs = { balance: () => api.get('/accounts/balance/'), other: () => 1 }
export function Page() {
  useEffect(() => { const id = setInterval(() => Object.values(jobs).forEach((job) => job()), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "handlers by key",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
const jobs = { balance: () => api.get('/accounts/balance/') }
export function Page({ which }) {
  useEffect(() => { const id = setInterval(() => jobs[which](), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "jobs array",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
const jobs = [() => api.get('/accounts/balance/')]
export function Page() {
  useEffect(() => { const id = setInterval(() => { for (const job of jobs) job() }, 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "promise chain",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
export function Page() {
  useEffect(() => { const id = setInterval(() => Promise.resolve().then(() => api.get('/accounts/balance/')), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "async iife",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
export function Page() {
  useEffect(() => { const id = setInterval(() => { (async () => { await api.get('/accounts/balance/') })() }, 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "queueMicrotask",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
export function Page() {
  useEffect(() => { const id = setInterval(() => queueMicrotask(() => api.get('/accounts/balance/')), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "dispatch thunk",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
import { useDispatch } from 'react-redux'
import { createAsyncThunk } from '@reduxjs/toolkit'
const load = createAsyncThunk('b', async () => (await api.get('/accounts/balance/')).data)
export function Page() {
  const dispatch = useDispatch()
  useEffect(() => { const id = setInterval(() => dispatch(load()), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "apollo style",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
import { useRequest } from 'ahooks'
export function Page() { useRequest(() => api.get('/accounts/balance/'), { pollingInterval: 1000 }); return null }
"#,
        &[],
    ),
    (
        "react-use interval",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
import { useInterval } from 'react-use'
export function Page() { useInterval(() => { api.get('/accounts/balance/') }, 1000); return null }
"#,
        &[],
    ),
    (
        "usehooks interval renamed",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
import { useInterval as every } from 'usehooks-ts'
export function Page() { every(() => { api.get('/accounts/balance/') }, 1000); return null }
"#,
        &[],
    ),
    (
        "worker timers",
        r#"import { setInterval as every } from 'worker-timers'
import api from './api'
export function Page() { every(() => api.get('/accounts/balance/'), 1000); return null }
"#,
        &[],
    ),
    (
        "class poller",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
class Poller {
  constructor(task, ms) { this.task = task; this.ms = ms }
  start() { this.id = setInterval(() => this.task(), this.ms) }
}
const poller = new Poller(() => api.get('/accounts/balance/'), 1000)
export function Page() { useEffect(() => { poller.start() }, []); return null }
"#,
        &[],
    ),
    (
        "abstract class",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
class Base {
  start() { setInterval(() => this.load(), 1000) }
  load() {}
}
class Own extends Base {
  load() { return api.get('/accounts/balance/') }
}
new Own().start()
export function Page() { return null }
"#,
        &[],
    ),
    (
        "generator",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
async function* beat() { while (true) { yield await api.get('/accounts/balance/'); await new Promise((r) => setTimeout(r, 1000)) } }
export function Page() { useEffect(() => { (async () => { for await (const x of beat()) console.log(x) })() }, []); return null }
"#,
        &[],
    ),
    (
        "mobx store",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
import { makeAutoObservable } from 'mobx'
class Store {
  value = null
  constructor() { makeAutoObservable(this); setInterval(this.load, 1000) }
  load = async () => { this.value = await api.get('/accounts/balance/') }
}
export const store = new Store()
export function Page() { return null }
"#,
        &[],
    ),
    (
        "hoc",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
const withPolling = (load, ms) => (Component) => function Wrapped(props) {
  const [data, setData] = useState(null)
  useEffect(() => { const id = setInterval(async () => setData(await load()), ms); return () => clearInterval(id) }, [])
  return <Component {...props} data={data} />
}
export const Page = withPolling(() => api.get('/accounts/balance/'), 1000)(({ data }) => <b>{String(data)}</b>)
"#,
        &[],
    ),
    (
        "render prop",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
function Poll({ load, children }) {
  const [d, setD] = useState(null)
  useEffect(() => { const id = setInterval(() => load().then(setD), 1000); return () => clearInterval(id) }, [load])
  return children(d)
}
export function Page() { return <Poll load={() => api.get('/accounts/balance/')}>{(d) => <b>{String(d)}</b>}</Poll> }
"#,
        &[],
    ),
    (
        "reducer effect tick",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
export function Page() {
  const [n, bump] = useReducer((x) => x + 1, 0)
  useEffect(() => { const id = setInterval(bump, 1000); return () => clearInterval(id) }, [])
  useEffect(() => { api.get('/accounts/balance/') }, [n])
  return null
}
"#,
        &[],
    ),
    (
        "key in query",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
import { useQuery } from '@tanstack/react-query'
export function Page() {
  const [n, setN] = useState(0)
  useEffect(() => { const id = setInterval(() => setN((x) => x + 1), 1000); return () => clearInterval(id) }, [])
  useQuery({ queryKey: ['b', n], queryFn: () => api.get('/accounts/balance/') })
  return null
}
"#,
        &[],
    ),
    (
        "swr global mutate",
        r#"import useSWR, { mutate } from 'swr'
import { useEffect } from 'react'
export function Page() {
  useSWR('/api/accounts/balance/', (u) => fetch(u))
  useEffect(() => { const id = setInterval(() => mutate('/api/accounts/balance/'), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "useQueries",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
import { useQueries } from '@tanstack/react-query'
export function Page() { useQueries({ queries: ['a'].map((x) => ({ queryKey: [x], queryFn: () => api.get('/accounts/balance/'), refetchInterval: 1000 })) }); return null }
"#,
        &[],
    ),
    (
        "query options fn interval",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
import { useQuery } from '@tanstack/react-query'
export function Page() { useQuery({ queryKey: ['b'], queryFn: () => api.get('/accounts/balance/'), refetchInterval: (q) => (q.state.data ? 60000 : 1000) }); return null }
"#,
        &[],
    ),
    (
        "query v4 positional",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
import { useQuery } from 'react-query'
export function Page() { useQuery(['b'], () => api.get('/accounts/balance/'), { refetchInterval: 1000 }); return null }
"#,
        &[],
    ),
    (
        "wrapped useQuery hook",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
import { useQuery } from '@tanstack/react-query'
function useLive(key, path, ms = 1000) { return useQuery({ queryKey: key, queryFn: () => api.get(path), refetchInterval: ms }) }
export function Page() { useLive(['b'], '/accounts/balance/'); return null }
"#,
        &[],
    ),
    (
        "observer class",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
import { QueryObserver, QueryClient } from '@tanstack/react-query'
const o = new QueryObserver(new QueryClient(), { queryKey: ['b'], queryFn: () => api.get('/accounts/balance/'), refetchInterval: 1000 })
o.subscribe(() => {})
export function Page() { return null }
"#,
        &[],
    ),
    (
        "xhr",
        r#"export function Page() { setInterval(() => { const x = new XMLHttpRequest(); x.open('GET', '/api/accounts/balance/'); x.send() }, 1000); return null }
"#,
        &[],
    ),
    (
        "dynamic import",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
export function Page() {
  useEffect(() => { const id = setInterval(async () => { const { load } = await import('./lazy'); load() }, 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[(
            "lazy.ts",
            r#"import api from './api'
export const load = () => api.get('/accounts/balance/')
"#,
        )],
    ),
    (
        "default export object",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
import services from './services'
export function Page() {
  useEffect(() => { const id = setInterval(() => services.account.balance(), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[
            (
                "services.ts",
                r#"import * as account from './account'
export default { account }
"#,
            ),
            (
                "account.ts",
                r#"import api from './api'
export const balance = () => api.get('/accounts/balance/')
"#,
            ),
        ],
    ),
    (
        "factory service",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
import { createService } from './service'
const service = createService(api)
export function Page() {
  useEffect(() => { const id = setInterval(() => service.balance(), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[(
            "service.ts",
            r#"export const createService = (http) => ({ balance: () => http.get('/accounts/balance/') })
"#,
        )],
    ),
    (
        "singleton getter",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
import { Registry } from './reg'
export function Page() {
  useEffect(() => { const id = setInterval(() => Registry.get('account').balance(), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[(
            "reg.ts",
            r#"import api from './api'
class Account { balance() { return api.get('/accounts/balance/') } }
const all = { account: new Account() }
export const Registry = { get(name) { return all[name] } }
"#,
        )],
    ),
    (
        "endpoint enum",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
enum Endpoint { Balance = '/accounts/balance/' }
export function Page() {
  useEffect(() => { const id = setInterval(() => api.get(Endpoint.Balance), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "replace param",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
const PATH = '/accounts/:what/'
export function Page() {
  useEffect(() => { const id = setInterval(() => api.get(PATH.replace(':what', 'balance')), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "interceptor base",
        r#"import axios from 'axios'
const http = axios.create()
http.interceptors.request.use((c) => { c.url = '/api' + c.url; return c })
export function Page() { setInterval(() => http.get('/accounts/balance/'), 1000); return null }
"#,
        &[],
    ),
    (
        "set baseURL later",
        r#"import axios from 'axios'
const http = axios.create()
http.defaults.baseURL = '/api'
export function Page() { setInterval(() => http.get('/accounts/balance/'), 1000); return null }
"#,
        &[],
    ),
    (
        "request obj",
        r#"export function Page() { setInterval(() => fetch(new Request('/api/accounts/balance/')), 1000); return null }
"#,
        &[],
    ),
    (
        "openapi client",
        r#"import createClient from 'openapi-fetch'
const client = createClient({ baseUrl: '/' })
export function Page() { setInterval(() => client.GET('/api/accounts/balance/'), 1000); return null }
"#,
        &[],
    ),
    (
        "visibility interval string",
        r#"import api from './api'
export function load() { return api.get('/accounts/balance/') }
export function Page() { let id; const go = () => { clearTimeout(id); id = setTimeout(async () => { await load(); go() }, 1000) }; go(); return null }
"#,
        &[],
    ),
    (
        "ws fallback",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
export function Page() {
  const [up, setUp] = useState(false)
  useEffect(() => { if (up) return; const id = setInterval(() => api.get('/accounts/balance/'), 1000); return () => clearInterval(id) }, [up])
  return null
}
"#,
        &[],
    ),
    (
        "satisfies/as const",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
const ROUTES = { balance: '/accounts/balance/' } as const satisfies Record<string, string>
export function Page() {
  useEffect(() => { const id = setInterval(() => api.get(ROUTES['balance']!), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "optional chain call",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
const svc: any = { balance: () => api.get('/accounts/balance/') }
export function Page() {
  useEffect(() => { const id = setInterval(() => svc?.balance?.(), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "spread options hook",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
import { useQuery } from '@tanstack/react-query'
function useB(options) { return useQuery({ queryKey: ['b'], queryFn: () => api.get('/accounts/balance/'), ...options }) }
export function Page() { useB({ refetchInterval: 1000 }); return null }
"#,
        &[],
    ),
];

/// Each repeats something that nobody can find out from this tree.
const UNKNOWN: &[Shape] = &[
    (
        "external callback",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
import { refresh } from 'some-lib'
export function Page() {
  useEffect(() => { const id = setInterval(refresh, 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "rtk query",
        r#"import { createApi, fetchBaseQuery } from '@reduxjs/toolkit/query/react'
const apiSlice = createApi({ baseQuery: fetchBaseQuery({ baseUrl: '/api' }), endpoints: (b) => ({ getBalance: b.query({ query: () => '/accounts/balance/' }) }) })
export const { useGetBalanceQuery } = apiSlice
export function Page() { useGetBalanceQuery(undefined, { pollingInterval: 1000 }); return null }
"#,
        &[],
    ),
    (
        "generatePath",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
import { generatePath } from 'react-router'
export function Page() {
  useEffect(() => { const id = setInterval(() => api.get(generatePath('/accounts/:what/', { what: 'balance' })), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "array join reduce",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
const seg = ['accounts', 'balance'].reduce((a, b) => a + '/' + b, '')
export function Page() {
  useEffect(() => { const id = setInterval(() => api.get(seg + '/'), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "tagged template",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
const url = (s, ...v) => String.raw(s, ...v)
export function Page() {
  useEffect(() => { const id = setInterval(() => api.get(url`/accounts/balance/`), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
];

/// None repeats a request.
const PICTURES: &[Shape] = &[
    (
        "lib clock direct",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
import { useUpdate } from 'react-use'
export function Page() { const update = useUpdate(); useEffect(() => { const id = setInterval(update, 1000); return () => clearInterval(id) }, []); return null }
"#,
        &[],
    ),
    (
        "external weather query",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
import { useQuery } from '@tanstack/react-query'
export function Page() { useQuery({ queryKey: ['w'], queryFn: () => fetch('https://api.example.com/w'), refetchInterval: 1000 }); return null }
"#,
        &[],
    ),
    (
        "window reload",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
export function Page() { setInterval(window.location.reload, 60000); setInterval(console.log, 5); return null }
"#,
        &[],
    ),
    (
        "animation frames lib",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
export function Page() { const tick = () => { performance.now(); requestAnimationFrame(tick) }; requestAnimationFrame(tick); return null }
"#,
        &[],
    ),
    (
        "clock with unrelated fetch",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
export function Page() {
  const [t, setT] = useState(0)
  useEffect(() => { api.get('/accounts/balance/').then(() => {}) }, [])
  useEffect(() => { const id = setInterval(() => setT(Date.now()), 1000); return () => clearInterval(id) }, [])
  return <b>{t}</b>
}
"#,
        &[],
    ),
    (
        "useInterval lib clock",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
import { useInterval } from 'usehooks-ts'
export function Page() { const [t, setT] = useState(0); useInterval(() => setT((x) => x + 1), 1000); const load = () => api.get('/accounts/balance/'); return <button onClick={load}>{t}</button> }
"#,
        &[],
    ),
    (
        "retry",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
export function Page() { const load = async () => { try { await api.get('/accounts/balance/') } catch { setTimeout(load, 1000) } }; load(); return null }
"#,
        &[],
    ),
    (
        "debounced",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
export function Page() { const t = useRef(0); const onInput = () => { clearTimeout(t.current); t.current = setTimeout(() => api.get('/accounts/balance/'), 300) }; return <input onChange={onInput}/> }
"#,
        &[],
    ),
    (
        "chart anim",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
export function Page() { useEffect(() => { let id; const draw = () => { id = requestAnimationFrame(draw) }; draw(); api.get('/accounts/balance/'); return () => cancelAnimationFrame(id) }, []); return null }
"#,
        &[],
    ),
    (
        "toast queue",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
const queue = []
export const push = (x) => queue.push(x)
export function Page() { setInterval(() => { const x = queue.shift(); if (x) console.log(x) }, 500); push(api.get('/accounts/balance/')); return null }
"#,
        &[],
    ),
];

fn repeated(page: &str, more: &[(&str, &str)]) -> Vec<Finding> {
    let report = of_page(page, more);
    assert!(report.searched.unparsed.is_empty(), "{:?}", report.searched.unparsed);
    let kinds = [FindingKind::Poller, FindingKind::UnresolvedRequest];
    report.findings.into_iter().filter(|it| kinds.contains(&it.kind)).collect()
}

fn wrong(shapes: &[Shape], right: impl Fn(&[Finding]) -> bool) -> Vec<String> {
    let of = |(name, page, more): &Shape| {
        let found = repeated(page, more);
        (!right(&found)).then(|| format!("{name}: {found:#?}"))
    };
    shapes.iter().filter_map(of).collect()
}

#[test]
fn a_request_is_found_however_it_comes_to_be_repeated() {
    let balance =
        |it: &Finding| it.kind == FindingKind::Poller && it.feature.as_deref() == Some("account_balance");
    let missed = wrong(FOUND, |found| found.iter().any(balance));
    assert!(missed.is_empty(), "{} of {} missed:\n{}", missed.len(), FOUND.len(), missed.join("\n"));
}

#[test]
fn what_cannot_be_found_out_is_said_to_be_unknown() {
    let unknown = |it: &Finding| it.kind == FindingKind::UnresolvedRequest && it.feature.is_none();
    let silent = wrong(UNKNOWN, |found| found.iter().any(unknown));
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

#[test]
fn what_only_moves_a_picture_is_neither() {
    let alarms = wrong(PICTURES, <[Finding]>::is_empty);
    assert!(alarms.is_empty(), "{}", alarms.join("\n"));
}
