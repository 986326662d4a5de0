//! Timers by other names and in other forms, and requests that are no calls.
//! Each is a poller of account_balance, once a second.

use super::Shape;

pub(super) const FOUND: &[Shape] = &[
    (
        "a global by its key",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
export function Page() {
  useEffect(() => { const id = window["setInterval"](load, 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "a global by a key that is a constant",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
const method = 'setInterval'
export function Page() {
  useEffect(() => { const id = window[method](load, 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "a global by an optional chain",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
export function Page() {
  useEffect(() => { const id = globalThis?.setInterval?.(load, 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "apply",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
export function Page() {
  useEffect(() => { const id = setInterval.apply(null, [load, 1000]); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "apply with a list by its name",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
const given = [load, 1000]
export function Page() {
  useEffect(() => { const id = setInterval.apply(window, given); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "call",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
export function Page() {
  useEffect(() => { const id = window.setInterval.call(window, load, 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "bind, with all it is given",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
export function Page() {
  useEffect(() => { const id = setInterval.bind(null, load, 1000)(); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "bind, under a name",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
const every = window.setInterval.bind(window)
export function Page() {
  useEffect(() => { const id = every(load, 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "Reflect.apply",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
export function Page() {
  useEffect(() => { const id = Reflect.apply(setInterval, undefined, [load, 1000]); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "spread",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
const given = [load, 1000]
export function Page() {
  useEffect(() => { const id = setInterval(...given); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "an indirect call",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
export function Page() {
  useEffect(() => { const id = (0, setInterval)(load, 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "taken out of the window",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
const { setInterval: every } = window
export function Page() {
  useEffect(() => { const id = every(load, 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "kept in a record",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
const timers = { every: setInterval }
export function Page() {
  useEffect(() => { const id = timers.every(load, 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "handed to a function",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
const start = (every) => every(load, 1000)
export function Page() {
  useEffect(() => { start(setInterval) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "curried",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
const every = (ms) => (run) => setInterval(run, ms)
export function Page() {
  useEffect(() => { const id = every(1000)(load); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "curried, kept half way",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
const every = (ms) => (run) => setInterval(run, ms)
const often = every(1000)
export function Page() {
  useEffect(() => { const id = often(load); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "curried the other way",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
const repeat = (run) => (ms) => setInterval(run, ms)
export function Page() {
  useEffect(() => { const id = repeat(load)(1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "curried functions in words",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
function every(ms) { return function (run) { return setInterval(() => run(), ms) } }
export function Page() {
  useEffect(() => { const id = every(1000)(load); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "a factory's method",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
const timers = (ms) => ({ start: (run) => setInterval(run, ms) })
export function Page() {
  useEffect(() => { const id = timers(1000).start(load); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "a bound request",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
export function Page() {
  useEffect(() => { const id = setInterval(api.get.bind(api, '/accounts/balance/'), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "a bound request by the window",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
export function Page() {
  useEffect(() => { const id = setInterval(fetch.bind(window, '/api/accounts/balance/'), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "a request by call",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
export function Page() {
  useEffect(() => { const id = setInterval(() => api.get.call(api, '/accounts/balance/'), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "a request by apply",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
export function Page() {
  useEffect(() => { const id = setInterval(() => fetch.apply(null, ['/api/accounts/balance/']), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "a verb by its key",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
export function Page() {
  useEffect(() => { const id = setInterval(() => api['get']('/accounts/balance/'), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "a verb by a parameter",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const ask = (verb) => api[verb]('/accounts/balance/')
export function Page() {
  useEffect(() => { const id = setInterval(() => ask('get'), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "code as a text that names a function",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
window.load = load
export function Page() {
  useEffect(() => { const id = setInterval("load()", 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "code as a text, again and again",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
function load() { api.get('/accounts/balance/'); setTimeout('load()', 1000) }
export function Page() {
  useEffect(() => { load() }, [])
  return null
}
"#,
        &[],
    ),
    (
        "a picture",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
export function Page() {
  useEffect(() => { const id = setInterval(() => { new Image().src = '/api/accounts/balance/?t=' + Date.now() }, 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "a picture under a name",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const beacon = new Image()
export function Page() {
  useEffect(() => { const id = setInterval(() => { beacon.src = `/api/accounts/balance/?t=${Date.now()}` }, 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "a picture, as the arrow's value",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const beacon = document.createElement('img')
export function Page() {
  useEffect(() => { const id = setInterval(() => (beacon.src = '/api/accounts/balance/'), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "a picture behind a test",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const beacon = document.getElementById('beacon')
export function Page() {
  useEffect(() => { const id = setInterval(() => beacon && (beacon.src = '/api/accounts/balance/'), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "a picture by a reference",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
export function Page() {
  const shown = useRef(null)
  useEffect(() => { const id = setInterval(() => { shown.current.src = '/api/accounts/balance/' }, 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "an attribute",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const beacon = document.createElement('script')
export function Page() {
  useEffect(() => { const id = setInterval(() => beacon.setAttribute('src', '/api/accounts/balance/'), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "the timer from a module of its own",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
import { every } from './timers'
const load = () => api.get('/accounts/balance/')
export function Page() {
  useEffect(() => { const id = every(load, 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[(
            "timers.ts",
            r#"export const every = window.setInterval
"#,
        )],
    ),
    (
        "curried, from a module of its own",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
import { every } from './timers'
const load = () => api.get('/accounts/balance/')
export function Page() {
  useEffect(() => { const id = every(1000)(load); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[(
            "timers.ts",
            r#"export const every = (ms: number) => (run: () => void) => setInterval(run, ms)
"#,
        )],
    ),
    (
        "handed to a function of another module",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
import { start } from './start'
export function Page() {
  useEffect(() => { start(setInterval) }, [])
  return null
}
"#,
        &[(
            "start.ts",
            r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
export const start = (every: any) => every(load, 1000)
"#,
        )],
    ),
];

/// How often is not known of all that is found.
pub(super) const UNTOLD: &[Shape] = &[
    (
        "a frame on a tick",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
export function Page() {
  const [n, setN] = useState(0)
  useEffect(() => { const id = setInterval(() => setN((x) => x + 1), 1000); return () => clearInterval(id) }, [])
  return <iframe src={`/api/accounts/balance/?t=${n}`}/>
}
"#,
        &[],
    ),
    (
        "a component anew on each tick",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
function Balance() { useEffect(() => { api.get('/accounts/balance/') }, []); return null }
export function Page() {
  const [n, setN] = useState(0)
  useEffect(() => { const id = setInterval(() => setN((x) => x + 1), 1000); return () => clearInterval(id) }, [])
  return <Balance key={n}/>
}
"#,
        &[],
    ),
    (
        "idle time",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
async function load() { await api.get('/accounts/balance/'); requestIdleCallback(load) }
export function Page() {
  useEffect(() => { load() }, [])
  return null
}
"#,
        &[],
    ),
    (
        "the scheduler",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
async function load() { await api.get('/accounts/balance/'); scheduler.postTask(load, { delay: 1000 }) }
export function Page() {
  useEffect(() => { load() }, [])
  return null
}
"#,
        &[],
    ),
    (
        "a timeout under another name",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const later = window.setTimeout
async function load() { await api.get('/accounts/balance/'); later(load, 1000) }
export function Page() {
  useEffect(() => { load() }, [])
  return null
}
"#,
        &[],
    ),
    (
        "node's interval as a loop",
        r#"import { setInterval as every } from 'node:timers/promises'
import api from './api'
export function Page() { return null }
export async function run() { for await (const _ of every(1000)) { await api.get('/accounts/balance/') } }
run()
"#,
        &[],
    ),
    (
        "a generator that waits",
        r#"import api from './api'
const sleep = (ms) => new Promise((done) => setTimeout(done, ms))
async function* ticks(ms) { while (true) { yield 1; await sleep(ms) } }
export function Page() { return null }
export async function run() { for await (const _ of ticks(1000)) { await api.get('/accounts/balance/') } }
run()
"#,
        &[],
    ),
    (
        "a rest of parameters",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
const every = (...given) => setInterval(...given)
export function Page() {
  useEffect(() => { const id = every(load, 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
];

/// These ask nothing again.
pub(super) const PICTURES: &[Shape] = &[
    (
        "a picture once",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
export function Page() {
  useEffect(() => { new Image().src = '/api/accounts/balance/' }, [])
  return null
}
"#,
        &[],
    ),
    (
        "a frame on another tick",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
export function Page() {
  const [n, setN] = useState(0)
  useEffect(() => { const id = setInterval(() => setN((x) => x + 1), 1000); return () => clearInterval(id) }, [])
  return <div><b>{n}</b><iframe src='/api/accounts/balance/'/></div>
}
"#,
        &[],
    ),
    (
        "pictures of the page's own",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
export function Page({ logo }) {
  const [n, setN] = useState(0)
  useEffect(() => { const id = setInterval(() => setN((x) => x + 1), 1000); return () => clearInterval(id) }, [])
  return <img alt={n} src={logo}/>
}
"#,
        &[],
    ),
    (
        "an object's own field",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
class Icon { constructor(src) { this.src = src } }
export function Page() {
  useEffect(() => { const id = setInterval(() => new Icon('/api/accounts/balance/'), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "a clock that is curried",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
const every = (ms) => (run) => setInterval(run, ms)
export function Page() {
  const [n, setN] = useState(0)
  useEffect(() => { every(1000)(() => setN(Date.now())) }, [])
  return <button onClick={load}>{n}</button>
}
"#,
        &[],
    ),
    (
        "a clock under another name",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
const every = window.setInterval
export function Page() {
  const [n, setN] = useState(0)
  useEffect(() => { every(() => setN(Date.now()), 1000) }, [])
  return <button onClick={load}>{n}</button>
}
"#,
        &[],
    ),
    (
        "a clock as a text",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
function tick() { document.title = String(Date.now()) }
export function Page() {
  useEffect(() => { const id = setInterval("tick()", 1000); return () => clearInterval(id) }, [])
  return <button onClick={load}/>
}
"#,
        &[],
    ),
    (
        "idle work",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const load = () => api.get('/accounts/balance/')
function work() { performance.now(); requestIdleCallback(work) }
export function Page() { work(); return <button onClick={load}/> }
"#,
        &[],
    ),
    (
        "a socket that connects anew",
        r#"import { useEffect } from 'react'
import api from './api'
function open(onFrame) {
  const socket = new WebSocket('/ws/')
  socket.onmessage = (event) => onFrame(JSON.parse(event.data))
  socket.onclose = () => setTimeout(() => open(onFrame), 1000)
}
export function Page() { useEffect(() => { open(() => { api.get('/accounts/balance/') }) }, []); return null }
"#,
        &[],
    ),
];
