//! Whether what the socket says gets to who listens: one live wrapper of each style, and the ways in which it goes deaf.

use super::shapes::of_page;

const PAGE: &str = "import { useState } from 'react'\nimport { useWsMessage } from './live'\n\
     export function Page() {\n  const [cash, setCash] = useState(0)\n  useWsMessage('account_balance', (data) => setCash(data.cash))\n  return cash\n}\n";

const MANAGER: &str = r"import { useEffect } from 'react'
class Manager {
  handlers = new Map()
  connect() {
    this.socket = new WebSocket('/ws/')
    this.socket.onmessage = (event) => {
      const message = JSON.parse(event.data)
      if (message.type === 'pong') return
      this.handlers.get(message.type)?.forEach((handler) => handler(message.data))
    }
  }
  subscribe(type, handler) {
    const known = this.handlers.get(type) ?? new Set()
    known.add(handler)
    this.handlers.set(type, known)
    return () => known.delete(handler)
  }
}
export const manager = new Manager()
manager.connect()
export function useWsMessage(type, handler) {
  useEffect(() => manager.subscribe(type, handler), [type, handler])
}
";

const PROVIDER: &str = r"import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react'
const Live = createContext({ subscribe: () => () => undefined })
export function LiveProvider({ children }) {
  const [up, setUp] = useState(false)
  const callbacks = useRef(new Map())
  useEffect(() => {
    const open = () => {
      const socket = new WebSocket('/ws/')
      socket.onopen = () => setUp(true)
      socket.onclose = () => { setUp(false); setTimeout(open, 5000) }
      socket.onmessage = (event) => {
        const message = JSON.parse(event.data)
        callbacks.current.get(message.type)?.forEach((it) => it(message.data))
      }
    }
    open()
  }, [])
  const subscribe = useCallback((type, callback) => {
    const own = callbacks.current.get(type) ?? new Set()
    own.add(callback)
    callbacks.current.set(type, own)
    return () => { own.delete(callback) }
  }, [])
  const value = useMemo(() => ({ up, subscribe }), [up, subscribe])
  return <Live.Provider value={value}>{children}</Live.Provider>
}
const useLive = () => useContext(Live)
export function useWsMessage(type, callback) {
  const { subscribe } = useLive()
  useEffect(() => subscribe(type, callback), [type, callback, subscribe])
}
";

const MODULE: &str = r"import { useEffect } from 'react'
const listeners = {}
let socket = null
function hear({ data }) {
  const { type, data: payload } = JSON.parse(data)
  for (const listener of listeners[type] ?? []) listener(payload)
}
export function open() {
  socket = new WebSocket('/ws/')
  socket.addEventListener('message', hear)
  socket.onclose = () => setTimeout(open, 1000)
}
open()
export function useWsMessage(type, listener) {
  useEffect(() => {
    const own = (listeners[type] ??= new Set())
    own.add(listener)
    return () => { own.delete(listener) }
  }, [type, listener])
}
";

const PAGE_WITH_PROVIDER: &str = "import { useState } from 'react'\nimport { LiveProvider, useWsMessage } from './live'\n\
     function Cash() {\n  const [cash, setCash] = useState(0)\n  useWsMessage('account_balance', (data) => setCash(data.cash))\n  return cash\n}\n\
     export function Page() { return <LiveProvider><Cash/></LiveProvider> }\n";

/// What is changed in the wrapper, and what is said of the page: `None` where it hears.
type Change = (&'static str, &'static str, Option<&'static str>);

const OPENS: Option<&str> = Some("nothing that the application runs opens the WebSocket");
const NOWHERE: Option<&str> = Some("what the WebSocket says is read and goes nowhere");
const UNREAD: Option<&str> = Some("nothing reads what the WebSocket says");
const UNUSED: Option<&str> = Some("who listens is given no message: the function is never used");
const APART: Option<&str> =
    Some("what the WebSocket says could not be followed to where the listeners are kept");

#[test]
fn a_page_hears_only_what_gets_to_it() {
    let wrappers: [(&str, &str, &[Change]); 3] = [
        (
            PAGE,
            MANAGER,
            &[
                ("", "", None),
                ("manager.connect()\n", "", OPENS),
                ("manager.connect()\n", "manager.subscribe('x', () => manager.connect())\n", None),
                (
                    "      this.handlers.get(message.type)?.forEach((handler) => handler(message.data))\n",
                    "",
                    NOWHERE,
                ),
                (
                    "this.handlers.get(message.type)?.forEach((handler) => handler(message.data))",
                    "console.log(message)",
                    NOWHERE,
                ),
                ("this.socket.onmessage = (event) => {", "this.later = (event) => {", UNREAD),
                (
                    "    known.add(handler)\n    this.handlers.set(type, known)\n    return () => known.delete(handler)\n",
                    "    return () => undefined\n",
                    UNUSED,
                ),
                ("manager.subscribe(type, handler), [", "() => undefined, [", UNUSED),
                (
                    "this.handlers.get(message.type)?.forEach((handler) => handler(message.data))",
                    "this.last = message",
                    APART,
                ),
            ],
        ),
        (
            PAGE_WITH_PROVIDER,
            PROVIDER,
            &[
                ("", "", None),
                ("    open()\n", "", OPENS),
                (
                    "        callbacks.current.get(message.type)?.forEach((it) => it(message.data))\n",
                    "",
                    NOWHERE,
                ),
                (
                    "callbacks.current.get(message.type)?.forEach((it) => it(message.data))",
                    "setUp(true)",
                    APART,
                ),
                (
                    "    own.add(callback)\n    callbacks.current.set(type, own)\n    return () => { own.delete(callback) }\n",
                    "    return () => undefined\n",
                    UNUSED,
                ),
            ],
        ),
        (
            PAGE,
            MODULE,
            &[
                ("", "", None),
                ("\nopen()\n", "\n", OPENS),
                ("  socket.addEventListener('message', hear)\n", "", UNREAD),
                ("  for (const listener of listeners[type] ?? []) listener(payload)\n", "", NOWHERE),
                ("    own.add(listener)\n    return () => { own.delete(listener) }\n", "", UNUSED),
            ],
        ),
    ];
    for (page, wrapper, changes) in wrappers {
        for (from, to, wanted) in changes {
            assert!(wrapper.contains(from), "{from}");
            let text = if from.is_empty() { wrapper.to_owned() } else { wrapper.replacen(from, to, 1) };
            let report = of_page(page, &[("live.tsx", &text)]);
            let facts = report.features.iter().find(|it| it.feature == "account_balance").expect("its facts");
            let said = facts.deaf.as_ref().map(|it| it.reason.as_str());
            assert_eq!(said, *wanted, "{from} -> {to}");
            let certain = facts.deaf.as_ref().is_some_and(|it| it.certain);
            assert_eq!(certain, wanted.is_some() && *wanted != APART, "{from} -> {to}");
        }
    }
}

#[test]
fn a_package_that_brings_its_socket_is_not_looked_into() {
    let text = "import useWebSocket from 'react-use-websocket'\nexport function useWsMessage(type, handler) {\n  const { lastJsonMessage } = useWebSocket('/ws/')\n\
                \n  if (lastJsonMessage?.type === type) handler(lastJsonMessage.data)\n}\n";
    let report = of_page(PAGE, &[("live.tsx", text)]);
    let facts = report.features.iter().find(|it| it.feature == "account_balance").expect("its facts");
    assert_eq!(facts.deaf, None);
}
