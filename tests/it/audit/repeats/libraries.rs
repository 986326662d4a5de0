//! Libraries that repeat a request by an option, a key or a hook of their own.
//! Each is a poller of account_balance.

use super::Shape;

pub(super) const FOUND: &[Shape] = &[
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
        "spread options hook",
        r#"import { useEffect, useState, useRef, useCallback, useMemo } from 'react'
import api from './api'
import { useQuery } from '@tanstack/react-query'
function useB(options) { return useQuery({ queryKey: ['b'], queryFn: () => api.get('/accounts/balance/'), ...options }) }
export function Page() { useB({ refetchInterval: 1000 }); return null }
"#,
        &[],
    ),
    (
        "options by name, spread",
        r#"import api from './api'
import { useQuery } from '@tanstack/react-query'
const LIVE = { refetchInterval: 1000, staleTime: 0 }
export function Page() { useQuery({ queryKey: ['b'], queryFn: () => api.get('/accounts/balance/'), ...LIVE }); return null }
"#,
        &[],
    ),
    (
        "swr options by name",
        r#"import useSWR from 'swr'
const LIVE = { refreshInterval: 1000 }
export function Page() { useSWR('/api/accounts/balance/', (url) => fetch(url), LIVE); return null }
"#,
        &[],
    ),
    (
        "default options set later",
        r#"import api from './api'
import { QueryClient, useQuery } from '@tanstack/react-query'
const client = new QueryClient()
client.setDefaultOptions({ queries: { refetchInterval: 1000 } })
export function Page() { useQuery({ queryKey: ['b'], queryFn: () => api.get('/accounts/balance/') }); return null }
"#,
        &[],
    ),
    (
        "set-interval-async",
        r#"import api from './api'
import { setIntervalAsync } from 'set-interval-async/dynamic'
export function Page() { setIntervalAsync(() => api.get('/accounts/balance/'), 1000); return null }
"#,
        &[],
    ),
    (
        "cron",
        r#"import api from './api'
import { CronJob } from 'cron'
export function Page() { new CronJob('* * * * * *', () => api.get('/accounts/balance/')).start(); return null }
"#,
        &[],
    ),
    (
        "react-use harmonic",
        r#"import api from './api'
import { useHarmonicIntervalFn } from 'react-use'
export function Page() { useHarmonicIntervalFn(() => { api.get('/accounts/balance/') }, 1000); return null }
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
        "rtk query, lazily and injected",
        r#"import { createApi, fetchBaseQuery } from '@reduxjs/toolkit/query/react'
const empty = createApi({ baseQuery: fetchBaseQuery({ baseUrl: '/api/' }), endpoints: () => ({}) })
const api = empty.injectEndpoints({ endpoints: (build) => ({ balance: build.query({ query: (account) => ({ url: 'accounts/balance/', params: { account } }) }) }) })
export const { useLazyBalanceQuery } = api
export function Page() { useLazyBalanceQuery({ pollingInterval: 1000 }); return null }
"#,
        &[],
    ),
    (
        "a class's props",
        r#"import { Component } from 'react'
import api from './api'
class Poller extends Component {
  componentDidMount() { this.timer = setInterval(() => api.get(this.props.url), this.props.every) }
  render() { return null }
}
export function Page() { return <Poller url="/accounts/balance/" every={1000}/> }
"#,
        &[],
    ),
    (
        "parts joined by a helper",
        r#"import { useEffect } from 'react'
import api from './api'
const VERSION = ''
const path = (...parts) => parts.filter(Boolean).join('/')
export function Page() {
  useEffect(() => { const id = setInterval(() => api.get('/' + path(VERSION, 'accounts', 'balance') + '/'), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "route loaders again",
        r#"import { useEffect } from 'react'
import { createBrowserRouter, useRevalidator } from 'react-router'
import api from './api'
const loader = () => api.get('/accounts/balance/')
export const router = createBrowserRouter([{ path: '/', loader, Component: Page }])
export function Page() {
  const revalidator = useRevalidator()
  useEffect(() => { const id = setInterval(() => revalidator.revalidate(), 1000); return () => clearInterval(id) }, [revalidator])
  return null
}
"#,
        &[],
    ),
    (
        "private members",
        r#"import { useEffect } from 'react'
import axios from 'axios'
class Api {
  static #http = axios.create({ baseURL: '/api' })
  static #get(path) { return Api.#http.get(path) }
  static balance = () => Api.#get('/accounts/balance/')
}
export function Page() { useEffect(() => { const id = setInterval(Api.balance, 1000); return () => clearInterval(id) }, []); return null }
"#,
        &[],
    ),
    (
        "query defaults by key",
        r#"import { QueryClient, useQuery } from '@tanstack/react-query'
import api from './api'
const client = new QueryClient()
client.setQueryDefaults(['balance'], { refetchInterval: 1000 })
export function Page() { useQuery({ queryKey: ['balance', 1], queryFn: () => api.get('/accounts/balance/') }); return null }
"#,
        &[],
    ),
    (
        "swr asked again by its key",
        r#"import useSWR, { mutate } from 'swr'
import api from './api'
setInterval(() => mutate('balance'), 1000)
export function Page() { useSWR('balance', () => api.get('/accounts/balance/')); return null }
"#,
        &[],
    ),
    (
        "swr asked again by its configuration",
        r#"import { useEffect } from 'react'
import useSWR, { useSWRConfig } from 'swr'
import api from './api'
export function Page() {
  const { mutate } = useSWRConfig()
  useEffect(() => { const id = setInterval(() => mutate('balance'), 1000); return () => clearInterval(id) }, [mutate])
  useSWR('balance', () => api.get('/accounts/balance/'))
  return null
}
"#,
        &[],
    ),
    (
        "a client made from a client",
        r#"import { useEffect, useState } from 'react'
import ky from 'ky'
const root = ky.create({ prefixUrl: '/api' })
const api = root.extend({ timeout: 1000 })
export function Page() { useEffect(() => { const id = setInterval(async () => { await api('accounts/balance/').json() }, 1000); return () => clearInterval(id) }, []); return null }
"#,
        &[],
    ),
    (
        "ofetch",
        r#"import { useEffect, useState } from 'react'
import { ofetch } from 'ofetch'
const api = ofetch.create({ baseURL: '/api' })
export function Page() { useEffect(() => { const id = setInterval(() => api('/accounts/balance/'), 1000); return () => clearInterval(id) }, []); return null }
"#,
        &[],
    ),
    (
        "asked anew a second after each answer",
        r#"import { useEffect, useState } from 'react'
import { useQuery } from '@tanstack/react-query'
import api from './api'
export function Page() {
  const { data, refetch } = useQuery({ queryKey: ['b'], queryFn: () => api.get('/accounts/balance/') })
  useEffect(() => { const id = setTimeout(refetch, 1000); return () => clearTimeout(id) }, [data, refetch])
  return null
}
"#,
        &[],
    ),
    (
        "asked anew a second after each answer, by the whole query",
        r#"import { useEffect, useState } from 'react'
import { useQuery } from '@tanstack/react-query'
import api from './api'
export function Page() {
  const balance = useQuery({ queryKey: ['b'], queryFn: () => api.get('/accounts/balance/') })
  useEffect(() => { const id = setTimeout(() => balance.refetch(), 1000); return () => clearTimeout(id) }, [balance.dataUpdatedAt])
  return null
}
"#,
        &[],
    ),
    (
        "a saga that races",
        r#"import { root } from './sagas'
import createSaga from 'redux-saga'
export function Page() { createSaga().run(root); return null }
"#,
        &[(
            "sagas.ts",
            r#"import { call, delay, put, race, take, takeLatest } from 'redux-saga/effects'
import api from './api'
function* poll() { while (true) { const { data } = yield call([api, api.get], '/accounts/balance/'); yield put({ type: 'B', data }); yield delay(1000) } }
function* watch() { yield race([call(poll), take('STOP')]) }
export function* root() { yield takeLatest('START', watch) }
"#,
        )],
    ),
    (
        "an action taken out of the store",
        r#"import { useEffect, useState } from 'react'
import { useStore } from './store'
export function Page() { const start = useStore((s) => s.start); useEffect(() => start('X'), []); return null }
"#,
        &[(
            "store.ts",
            r#"import { create } from 'zustand'
import api from './api'
export const useStore = create((set, get) => ({
  load: async (name) => { const { data } = await api.get('/accounts/balance/', { params: { name } }); set({ data }) },
  start: (name) => { const { load } = get(); const id = setInterval(load, 1000, name); return () => clearInterval(id) },
}))
"#,
        )],
    ),
    (
        "a chain that begins anew",
        r#"import { useEffect, useState } from 'react'
import api from './api'
const later = (ms) => new Promise((done) => setTimeout(done, ms))
const loop = () => api.get('/accounts/balance/').then(() => later(1000)).then(loop)
export function Page() { useEffect(() => { loop() }, []); return null }
"#,
        &[],
    ),
];
