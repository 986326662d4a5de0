//! What repeats no request: clocks, animations, retries, what a person sets off.

use super::Shape;

pub(super) const PICTURES: &[Shape] = &[
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
    (
        "countdown",
        r#"import { useEffect, useState } from 'react'
import api from './api'
export function Page() {
  const [n, setN] = useState(60)
  useEffect(() => { const id = setTimeout(() => setN(n - 1), 1000); return () => clearTimeout(id) }, [n])
  useEffect(() => { api.get('/accounts/balance/') }, [])
  return <b>{n}</b>
}
"#,
        &[],
    ),
    (
        "debounced state",
        r#"import { useEffect, useState } from 'react'
import api from './api'
export function Page({ q }) {
  const [wanted, setWanted] = useState(q)
  useEffect(() => { const id = setTimeout(() => setWanted(q), 300); return () => clearTimeout(id) }, [q])
  useEffect(() => { api.get('/accounts/balance/?q=' + wanted) }, [wanted])
  return null
}
"#,
        &[],
    ),
    (
        "retry in a catch",
        r#"import { useEffect, useState } from 'react'
import api from './api'
export function Page() {
  const [attempt, setAttempt] = useState(0)
  useEffect(() => { api.get('/accounts/balance/').catch(() => setTimeout(() => setAttempt(attempt + 1), 1000)) }, [attempt])
  const load = () => api.get('/accounts/balance/').catch(() => setTimeout(load, 1000))
  load()
  return null
}
"#,
        &[],
    ),
    (
        "page after page",
        r#"import api from './api'
const sleep = (ms) => new Promise((done) => setTimeout(done, ms))
async function load(page) {
  const answer = await api.get('/accounts/balance/?page=' + page)
  if (answer.data.next) { await sleep(50); return load(page + 1) }
}
export function Page() { load(1); return null }
"#,
        &[],
    ),
    (
        "an interval of a library ends",
        r#"import api from './api'
import { clearIntervalAsync } from 'set-interval-async'
const load = () => api.get('/accounts/balance/')
export function Page() { load(); clearIntervalAsync(load); return null }
"#,
        &[],
    ),
];
