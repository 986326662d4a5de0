//! What repeats something that nobody can find out from the tree.

use super::Shape;

pub(super) const UNKNOWN: &[Shape] = &[
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
    (
        "code as a text",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
export function Page() {
  useEffect(() => { const id = setInterval("fetch('/api/accounts/balance/')", 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "code put together",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
export function Page() {
  useEffect(() => { const id = setInterval('refresh(' + 5 + ')', 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "code that is evaluated",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
export function Page() {
  useEffect(() => { const id = setInterval(() => eval("fetch('/api/accounts/balance/')"), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "code that is made into a function",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const run = new Function("fetch('/api/accounts/balance/')")
export function Page() {
  useEffect(() => { const id = setInterval(run, 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "code that a function evaluates",
        r#"import { useEffect, useRef, useState } from 'react'
import api from './api'
const run = (code) => (0, eval)(code)
export function Page() {
  useEffect(() => { const id = setInterval(() => run(window.JOB), 1000); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
    (
        "what is spread from outside",
        r#"import { given } from 'some-lib'
import { useEffect, useRef, useState } from 'react'
import api from './api'
export function Page() {
  useEffect(() => { const id = setInterval(...given); return () => clearInterval(id) }, [])
  return null
}
"#,
        &[],
    ),
];
