//! How the request that a timer repeats is made, and where its path is written.
//! Each is a poller of account_balance.

use super::Shape;

pub(super) const FOUND: &[Shape] = &[
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
        "base of the environment",
        r#"import axios from 'axios'
const http = axios.create({ baseURL: import.meta.env.VITE_API_URL })
export function Page() { setInterval(() => http.get('/accounts/balance/'), 1000); return null }
"#,
        &[],
    ),
    (
        "base of a package",
        r#"import axios from 'axios'
import { config } from '@corp/config'
const http = axios.create({ baseURL: config.apiUrl })
export function Page() { setInterval(() => http.get('/accounts/balance/'), 1000); return null }
"#,
        &[],
    ),
    (
        "base put before by hand",
        r#"const get = (path) => fetch(import.meta.env.VITE_API_URL + path)
export function Page() { setInterval(() => get('/accounts/balance/'), 1000); return null }
"#,
        &[],
    ),
    (
        "base of a function",
        r#"function base() { return import.meta.env.VITE_API_BASE as string }
const get = (path: string) => fetch(`${base()}/${path}`)
export function Page() { setInterval(() => get('accounts/balance/'), 1000); return null }
"#,
        &[],
    ),
    (
        "base of a factory",
        r#"import axios from 'axios'
const make = (prefix: string) => axios.create({ baseURL: prefix })
const http = make('/api')
export function Page() { setInterval(() => http.get('/accounts/balance/'), 1000); return null }
"#,
        &[],
    ),
    (
        "base that is spread",
        r#"import axios from 'axios'
const common = { baseURL: '/api', timeout: 5000 }
const http = axios.create({ ...common, withCredentials: true })
export function Page() { setInterval(() => http.get('/accounts/balance/'), 1000); return null }
"#,
        &[],
    ),
    (
        "interceptor that returns another",
        r#"import axios from 'axios'
const http = axios.create()
http.interceptors.request.use((c) => ({ ...c, url: `/api${c.url}` }))
export function Page() { setInterval(() => http.get('/accounts/balance/'), 1000); return null }
"#,
        &[],
    ),
    (
        "verb taken out",
        r#"import api from './api'
const { get } = api
export function Page() { setInterval(() => get('/accounts/balance/'), 1000); return null }
"#,
        &[],
    ),
    (
        "verb taken out under another name",
        r#"import api from './api'
const { get: ask } = api
export function Page() { setInterval(() => ask('/accounts/balance/'), 1000); return null }
"#,
        &[],
    ),
    (
        "verb bound",
        r#"import api from './api'
const ask = api.get.bind(api)
export function Page() { setInterval(() => ask('/accounts/balance/'), 1000); return null }
"#,
        &[],
    ),
    (
        "base in a service of one's own",
        r#"class Http { constructor(private base: string) {} async get(path: string) { return fetch(this.base + path) } }
const client = new Http('/api')
class Accounts { constructor(private readonly http = client) {} latest(id) { return this.http.get(`/accounts/balance/?${new URLSearchParams({ id })}`) } }
const accounts = new Accounts()
export function Page() { setInterval(() => accounts.latest('1'), 1000); return null }
"#,
        &[],
    ),
];
