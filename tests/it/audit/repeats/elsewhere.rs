//! What a timer sets off elsewhere: by an event, a global function, a hook's own way to ask again, props in a record.

use super::Shape;

pub(super) const FOUND: &[Shape] = &[
    (
        "spread props",
        r#"import { useEffect } from 'react'
import api from './api'
function Poller({ url, interval }) {
  useEffect(() => { const id = setInterval(() => api.get(url), interval); return () => clearInterval(id) }, [url, interval])
  return null
}
export function Page() {
  const [url, interval] = ['/accounts/balance/', 1000]
  return <Poller {...{ url, interval }} />
}
"#,
        &[],
    ),
    (
        "spread props by name",
        r#"import { useEffect } from 'react'
import api from './api'
const polling = { url: '/accounts/balance/', interval: 1000 }
function Poller(props) {
  useEffect(() => { const id = setInterval(() => api.get(props.url), props.interval); return () => clearInterval(id) }, [])
  return null
}
export function Page() { return <Poller quiet {...polling} /> }
"#,
        &[],
    ),
    (
        "spread callback",
        r#"import { useEffect } from 'react'
import api from './api'
function Poller({ load, interval }) {
  useEffect(() => { const id = setInterval(load, interval); return () => clearInterval(id) }, [])
  return null
}
export function Page() {
  const load = () => api.get('/accounts/balance/')
  return <Poller {...{ load, interval: 1000 }} />
}
"#,
        &[],
    ),
    (
        "spread callback by name",
        r#"import { useEffect } from 'react'
import api from './api'
function Poller({ load, interval }) {
  useEffect(() => { const id = setInterval(() => load(), interval); return () => clearInterval(id) }, [])
  return null
}
export function Page() {
  const polling = { load: () => api.get('/accounts/balance/'), interval: 1000 }
  return <Poller {...polling} />
}
"#,
        &[],
    ),
    (
        "swr bound mutate",
        r#"import useSWR from 'swr'
import { useEffect } from 'react'
const fetcher = (url) => fetch(url).then((r) => r.json())
export function Page() {
  const { data, mutate } = useSWR('/api/accounts/balance/', fetcher)
  useEffect(() => { const id = setInterval(() => mutate(), 1000); return () => clearInterval(id) }, [mutate])
  return <b>{data?.cash}</b>
}
"#,
        &[],
    ),
    (
        "swr bound mutate handed over",
        r#"import useSWR from 'swr'
import { useEffect } from 'react'
const fetcher = (url) => fetch(url).then((r) => r.json())
function useBalance() { return useSWR('/api/accounts/balance/', fetcher) }
export function Page() {
  const balance = useBalance()
  useEffect(() => { const id = setInterval(balance.mutate, 1000); return () => clearInterval(id) }, [])
  return <b>{balance.data?.cash}</b>
}
"#,
        &[],
    ),
    (
        "global function",
        r#"import { useEffect } from 'react'
import './refresh'
export function Page() {
  useEffect(() => { const id = setInterval(() => window.refreshBalance(), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[(
            "refresh.ts",
            r#"import api from './api'
declare global { interface Window { refreshBalance: () => void } }
window.refreshBalance = () => api.get('/accounts/balance/')
"#,
        )],
    ),
    (
        "global function by its bare name",
        r#"import './refresh'
declare const refreshBalance: () => void
export function Page() { setInterval(refreshBalance, 1000); return null }
"#,
        &[(
            "refresh.ts",
            r#"import api from './api'
const refresh = async () => { await api.get('/accounts/balance/') };
(globalThis as any).refreshBalance = refresh
"#,
        )],
    ),
    (
        "event bus",
        r#"import { useEffect } from 'react'
import api from './api'
import { bus } from './bus'
export function Page() {
  const refetch = () => api.get('/accounts/balance/')
  useEffect(() => { bus.on('tick', refetch); return () => bus.off('tick', refetch) }, [])
  return null
}
"#,
        &[(
            "bus.ts",
            r#"import mitt from 'mitt'
export const bus = mitt()
setInterval(() => bus.emit('tick'), 1000)
"#,
        )],
    ),
    (
        "event bus of its own",
        r#"import api from './api'
class Bus {
  handlers: Record<string, Array<() => void>> = {}
  on(name, handler) { (this.handlers[name] ||= []).push(handler) }
  emit(name) { for (const handler of this.handlers[name] ?? []) handler() }
}
const bus = new Bus()
bus.on('tick', () => api.get('/accounts/balance/'))
setInterval(() => { bus.emit('tick') }, 1000)
export function Page() { return null }
"#,
        &[],
    ),
    (
        "event of the window",
        r#"import { useEffect } from 'react'
import api from './api'
export function Page() {
  useEffect(() => {
    const load = () => api.get('/accounts/balance/')
    window.addEventListener('thor:refresh', load)
    return () => window.removeEventListener('thor:refresh', load)
  }, [])
  useEffect(() => { const id = setInterval(() => window.dispatchEvent(new CustomEvent('thor:refresh')), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
];

/// The same ways, and no request at their end.
pub(super) const PICTURES: &[Shape] = &[
    (
        "another event",
        r#"import api from './api'
import mitt from 'mitt'
const bus = mitt()
bus.on('login', () => api.get('/accounts/balance/'))
bus.on('tick', () => document.title = String(Date.now()))
setInterval(() => bus.emit('tick'), 1000)
export function Page() { return <button onClick={() => bus.emit('login')}>in</button> }
"#,
        &[],
    ),
    (
        "the same event of another bus",
        r#"import api from './api'
import mitt from 'mitt'
const clock = mitt()
const account = mitt()
account.on('tick', () => api.get('/accounts/balance/'))
clock.on('tick', () => document.title = String(Date.now()))
setInterval(() => clock.emit('tick'), 1000)
export function Page() { return <button onClick={() => account.emit('tick')}>again</button> }
"#,
        &[],
    ),
    (
        "what a socket emits",
        r#"import api from './api'
import { io } from 'socket.io-client'
const socket = io('/')
socket.on('ping', () => api.get('/accounts/balance/'))
setInterval(() => socket.emit('ping'), 1000)
export function Page() { return null }
"#,
        &[],
    ),
    (
        "swr data put in place",
        r#"import useSWR from 'swr'
const fetcher = (url) => fetch(url).then((r) => r.json())
export function Page() {
  const { data, mutate } = useSWR('/api/accounts/balance/', fetcher)
  setInterval(() => mutate((old) => ({ ...old, seen: Date.now() }), { revalidate: false }), 1000)
  setInterval(() => data?.rows.forEach((row) => console.log(row)), 1000)
  return null
}
"#,
        &[],
    ),
    (
        "global clock",
        r#"import api from './api'
window.tick = () => { document.title = String(Date.now()) }
window.load = () => api.get('/accounts/balance/')
export function Page() { setInterval(() => window.tick(), 1000); return <button onClick={() => window.load()}>again</button> }
"#,
        &[],
    ),
    (
        "a store that is told, and the window",
        r#"import api from './api'
import { useDispatch } from 'react-redux'
window.addEventListener('online', () => api.get('/accounts/balance/'))
addEventListener('focus', () => api.get('/accounts/balance/'))
export function Page() {
  const dispatch = useDispatch()
  setInterval(() => dispatch({ type: 'clock/tick' }), 1000)
  return null
}
"#,
        &[],
    ),
];
