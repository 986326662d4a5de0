//! How what is to be repeated comes to the timer: by props, records, classes, components, loops.
//! Each is a poller of account_balance.

use super::Shape;

pub(super) const FOUND: &[Shape] = &[
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
        "bound method",
        r#"import React from 'react'
import api from './api'
export class Page extends React.Component {
  componentDidMount() { this.timer = setInterval(this.load.bind(this), 1000) }
  load() { return api.get('/accounts/balance/') }
  render() { return null }
}
"#,
        &[],
    ),
    (
        "a function that waits and calls itself",
        r#"import { useEffect } from 'react'
import api from './api'
async function poll() { await api.get('/accounts/balance/'); await new Promise((done) => setTimeout(done, 1000)); return poll() }
export function Page() { useEffect(() => { poll() }, []); return null }
"#,
        &[],
    ),
    (
        "saga",
        r#"import { call, delay } from 'redux-saga/effects'
import api from './api'
const load = () => api.get('/accounts/balance/')
export function* poll() { while (true) { yield call(load); yield delay(1000) } }
export function Page() { return null }
"#,
        &[],
    ),
    (
        "an effect that runs itself again",
        r#"import { useEffect, useState } from 'react'
import api from './api'
export function Page() {
  const [n, setN] = useState(0)
  useEffect(() => {
    api.get('/accounts/balance/')
    const id = setTimeout(() => setN(n + 1), 1000)
    return () => clearTimeout(id)
  }, [n])
  return null
}
"#,
        &[],
    ),
];
