# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_thor_cutover_global_optspecs
    string join \n config= rest-url= ws-url= origin= evidence= format= o/output= color= q/quiet v/verbose h/help V/version
end

function __fish_thor_cutover_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_thor_cutover_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_thor_cutover_using_subcommand
    set -l cmd (__fish_thor_cutover_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -l format -d 'Form of the answer; each command says which it has' -r -f -a "human\t''
json\t''
markdown\t''
junit\t''
github\t''
sarif\t''
html\t''"
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -f -a "status" -d 'Which flags are on, according to whom; each feature\'s stage and newest evidence, what is missing, what is next'
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -f -a "shadow-diff" -d 'Do REST and WebSocket say the same? Observes both side by side over one socket'
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -f -a "watch" -d 'Observes every session of every feature for weeks, sleeps in between, and keeps the evidence: a service'
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -f -a "replay" -d 'The same judgment from a recording, or from a browser\'s HAR; never writes to the ledger'
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -f -a "checklist" -d 'Go or no-go before a flag is flipped or a REST timer is deleted'
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -f -a "report" -d 'The whole cutover on one page: where each feature stands, the weeks, what differed, who signed, what was not seen'
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -f -a "audit" -d 'Where Thor\'s source has the timers, pollers, endpoints, broadcasts and flag reads of each feature'
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -f -a "enable" -d 'Switch a feature to the WebSocket: edits the env files, once the checklist says GO for `cutover`'
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -f -a "rollback" -d 'Switch a feature back to REST: edits the env files at once, and is never refused'
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -f -a "sign-off" -d 'Put a person\'s word on the ledger: for a deletion, for a manual gate, or for things accepted by name'
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -f -a "evidence" -d 'The ledger: what was observed, changed and signed; how it travels, and whether it is what it was'
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -f -a "gates" -d 'The gates: what each measures, and for which decision'
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -f -a "doctor" -d 'Why is nothing arriving? Each link from the configuration to each feature\'s first message, with its fix'
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -f -a "demo" -d 'An embedded Thor on loopback with one planted fault, and the three main commands on it'
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -f -a "init" -d 'Write a commented thor-cutover.toml; never overwrites one'
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -f -a "man" -d 'Print the man page of the tool, or of one command'
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -f -a "schema" -d 'Print the JSON Schema of a command\'s JSON output, or of the configuration'
complete -c thor-cutover -n "__fish_thor_cutover_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand status" -l flags-url -d 'Ask this URL for the flags a running backend serves, a JSON object of name to true or false' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand status" -l pid -d 'Read the environment of this running process (Linux)' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand status" -l source -d 'Thor\'s source tree, for the stage of each feature [default: `[source] root`, else none is searched]' -r -f -a "(__fish_complete_directories)"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand status" -l watch -d 'Say it again and again, every 5 s or as often as said, until Ctrl-C' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand status" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand status" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand status" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand status" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand status" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand status" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand status" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand status" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand status" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand status" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand status" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -l for -d 'How long to observe [default: until every gate is decided, 60s to 10m]' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -l samples -d 'Stop after this many REST samples of each feature' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -l every -d 'Poll REST this often instead of each feature\'s own interval; at least 50ms' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -l record -d 'Record every observation to this file (.zst compresses)' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -l rotate -d 'Begin another file of the recording after this much, such as 100MB, before compression' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -l source -d 'Thor\'s source tree, whose code this run is evidence of [default: `[source] root`, else the current folder]' -r -f -a "(__fish_complete_directories)"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -l revision -d 'Backend revision this run is evidence of [default: the source tree as it stands]' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''
markdown\t''
junit\t''
github\t''
html\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -l until-close -d 'Observe until the market session of the features closes; waits until it opens'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -l no-wait -d 'Do not wait for a market that is closed: exit 3 and say when it opens'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -l resume -d 'Go on with the interrupted recording that --record names, and with its evidence'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -l plain -d 'Say lines instead of drawing a view: for screen readers, and for logs of a terminal'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -l no-evidence -d 'Do not write this run to the ledger'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -l keep-identifiers -d 'Keep account numbers as they are instead of pseudonyms'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand watch" -l target -d 'Observe only these of the configured targets' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand watch" -l listen -d 'Serve /metrics and /healthz on this address, such as 127.0.0.1:9464' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand watch" -l notify -d 'Run this program for each new difference, change of a verdict and end of a session, told as JSON on its stdin' -r -f -a "(__fish_complete_command)"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand watch" -l source -d 'Thor\'s source tree, whose code the evidence is bound to [default: `[source] root`, else the current folder]' -r -f -a "(__fish_complete_directories)"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand watch" -l revision -d 'Backend revision the evidence is about [default: the source tree as it stands]' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand watch" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand watch" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand watch" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand watch" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand watch" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand watch" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand watch" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand watch" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand watch" -l expose -d 'The address may be one that other machines reach'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand watch" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand watch" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand watch" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand replay" -l feature -d 'Judge only these features' -r -f -a "account_balance\t''
positions\t''
intraday\t''
global_market\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand replay" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''
markdown\t''
junit\t''
github\t''
html\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand replay" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand replay" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand replay" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand replay" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand replay" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand replay" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand replay" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand replay" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand replay" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand replay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand replay" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand checklist" -l decision -d 'Which decision [default: claimed without a feature, next with one]' -r -f -a "claimed\t''
next\t''
shadow\t''
cutover\t''
delete\t''
complete\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand checklist" -l source -d 'Thor\'s source tree [default: `[source] root`, else the current folder]' -r -f -a "(__fish_complete_directories)"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand checklist" -l since -d 'Compare with this revision of the source tree to see what is gone' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand checklist" -l revision -d 'Backend revision the decision is about [default: git of the source tree]' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand checklist" -l log-file -d 'The backend\'s log: errors of the WebSocket path inside the observed time are no-go' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand checklist" -l console-log -d 'The browser console\'s log with its `[WS]` lines' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand checklist" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''
markdown\t''
junit\t''
github\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand checklist" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand checklist" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand checklist" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand checklist" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand checklist" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand checklist" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand checklist" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand checklist" -l require-source -d 'Fail (exit 2) when no source tree of Thor is found'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand checklist" -l summary -d 'Also append the Markdown to the file that GITHUB_STEP_SUMMARY names'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand checklist" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand checklist" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand checklist" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand checklist" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand report" -l last -d 'Tell only of the last so long, such as 4w [default: everything on the ledger]' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand report" -l source -d 'Thor\'s source tree [default: `[source] root`, else the current folder]' -r -f -a "(__fish_complete_directories)"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand report" -l revision -d 'Backend revision that the decisions are about [default: git of the source tree]' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand report" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''
markdown\t''
html\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand report" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand report" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand report" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand report" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand report" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand report" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand report" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand report" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand report" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand report" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand audit" -l source -d 'Thor\'s source tree [default: `[source] root`, else the current folder]' -r -f -a "(__fish_complete_directories)"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand audit" -l since -d 'Compare with this revision of the source tree: what is gone, what is left' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand audit" -l plan -d 'Print what to delete of a feature\'s REST side, callers first; nothing is edited' -r -f -a "account_balance\t''
positions\t''
intraday\t''
global_market\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand audit" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''
markdown\t''
github\t''
sarif\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand audit" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand audit" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand audit" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand audit" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand audit" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand audit" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand audit" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand audit" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand audit" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand audit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand audit" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand enable" -l reason -d 'Why it is forced' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand enable" -l source -d 'Thor\'s source tree [default: `[source] root`, else the current folder]' -r -f -a "(__fish_complete_directories)"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand enable" -l revision -d 'Backend revision the decision is about [default: git of the source tree]' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand enable" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand enable" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand enable" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand enable" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand enable" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand enable" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand enable" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand enable" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand enable" -l dry-run -d 'Show what would change, and change nothing'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand enable" -l force -d 'Do it without GO, or out of order; kept on the ledger with the reason'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand enable" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand enable" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand enable" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand enable" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand rollback" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand rollback" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand rollback" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand rollback" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand rollback" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand rollback" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand rollback" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand rollback" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand rollback" -l dry-run -d 'Show what would change, and change nothing'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand rollback" -l rehearsal -d 'To practise: the GO for `cutover` stays, the flag is meant to go on again'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand rollback" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand rollback" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand rollback" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand rollback" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand sign-off" -l gate -d 'What the word is for' -r -f -a "sign-off\t'The deletion of the REST path'
documentation\t'The documentation says WebSocket'
release\t'A release tag contains the work'
team\t'The team was told'"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand sign-off" -l by -d 'Who signs; asked for on a terminal' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand sign-off" -l role -d 'In which role; asked for on a terminal' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand sign-off" -l note -d 'What was looked at; asked for on a terminal' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand sign-off" -l accept -d 'Accept a field (`/cash`) or a hazard by its name or fingerprint' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand sign-off" -l tag -d 'The release tag that contains the work; for `--gate release`' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand sign-off" -l revoke -d 'Take back the sign-off whose id begins so' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand sign-off" -l source -d 'Thor\'s source tree [default: `[source] root`, else the current folder]' -r -f -a "(__fish_complete_directories)"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand sign-off" -l revision -d 'Backend revision that is signed [default: git of the source tree]' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand sign-off" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand sign-off" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand sign-off" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand sign-off" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand sign-off" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand sign-off" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand sign-off" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand sign-off" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand sign-off" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand sign-off" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand sign-off" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand sign-off" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and not __fish_seen_subcommand_from list show export import copy verify key signing-key prune help" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and not __fish_seen_subcommand_from list show export import copy verify key signing-key prune help" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and not __fish_seen_subcommand_from list show export import copy verify key signing-key prune help" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and not __fish_seen_subcommand_from list show export import copy verify key signing-key prune help" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and not __fish_seen_subcommand_from list show export import copy verify key signing-key prune help" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and not __fish_seen_subcommand_from list show export import copy verify key signing-key prune help" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and not __fish_seen_subcommand_from list show export import copy verify key signing-key prune help" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and not __fish_seen_subcommand_from list show export import copy verify key signing-key prune help" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and not __fish_seen_subcommand_from list show export import copy verify key signing-key prune help" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and not __fish_seen_subcommand_from list show export import copy verify key signing-key prune help" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and not __fish_seen_subcommand_from list show export import copy verify key signing-key prune help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and not __fish_seen_subcommand_from list show export import copy verify key signing-key prune help" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and not __fish_seen_subcommand_from list show export import copy verify key signing-key prune help" -f -a "list" -d 'One line an entry, oldest first'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and not __fish_seen_subcommand_from list show export import copy verify key signing-key prune help" -f -a "show" -d 'One entry with everything it says'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and not __fish_seen_subcommand_from list show export import copy verify key signing-key prune help" -f -a "export" -d 'Write every entry to a file, as NDJSON; noted on the ledger as archived'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and not __fish_seen_subcommand_from list show export import copy verify key signing-key prune help" -f -a "import" -d 'Take in the entries of exported files, marked as imported'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and not __fish_seen_subcommand_from list show export import copy verify key signing-key prune help" -f -a "copy" -d 'Copy every entry of one store to another, as it stands'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and not __fish_seen_subcommand_from list show export import copy verify key signing-key prune help" -f -a "verify" -d 'Check the chains, and derive what runs with a recording say from it again'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and not __fish_seen_subcommand_from list show export import copy verify key signing-key prune help" -f -a "key" -d 'The key of the pseudonyms: one for a team, so that its runs are of one account'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and not __fish_seen_subcommand_from list show export import copy verify key signing-key prune help" -f -a "signing-key" -d 'Make a key that signs exports; prints its public key for `[evidence] trusted_keys`'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and not __fish_seen_subcommand_from list show export import copy verify key signing-key prune help" -f -a "prune" -d 'Remove old runs; those that a granted decision rests on stay'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and not __fish_seen_subcommand_from list show export import copy verify key signing-key prune help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from list" -l feature -d 'Only entries about this feature' -r -f -a "account_balance\t''
positions\t''
intraday\t''
global_market\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from list" -l kind -d 'Only entries of this kind' -r -f -a "run\t''
sign-off\t''
revocation\t''
flag-change\t''
grant\t''
baseline\t''
archive\t''
checkpoint\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from list" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from list" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from list" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from list" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from list" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from list" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from list" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from list" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from show" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from show" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from show" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from show" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from show" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from show" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from show" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from show" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from export" -l sign -d 'Also write FILE.minisig, signed by the key that `evidence signing-key` wrote to this file' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from export" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from export" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from export" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from export" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from export" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from export" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from export" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from export" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from export" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from export" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from import" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from import" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from import" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from import" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from import" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from import" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from import" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from import" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from import" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from import" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from import" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from copy" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from copy" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from copy" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from copy" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from copy" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from copy" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from copy" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from copy" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from copy" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from copy" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from copy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from copy" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l recording -d 'Recordings, found by their digest [default: those that the runs name, where they were made]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from verify" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from verify" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from verify" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from verify" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from key" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from key" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from key" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from key" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from key" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from key" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from key" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from key" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from key" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from key" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from key" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from key" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from key" -f -a "export" -d 'Write the key to a file that only you can read'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from key" -f -a "import" -d 'Take the key of a colleague'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from key" -f -a "fingerprint" -d 'Print what tells this key from another, and tells nothing else'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from key" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from signing-key" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from signing-key" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from signing-key" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from signing-key" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from signing-key" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from signing-key" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from signing-key" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from signing-key" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from signing-key" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from signing-key" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from signing-key" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from signing-key" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from prune" -l older-than -d 'Runs that ended longer ago than this, such as 90d' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from prune" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from prune" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from prune" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from prune" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from prune" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from prune" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from prune" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from prune" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from prune" -l yes -d 'Really remove them; without it they are only listed'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from prune" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from prune" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from prune" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from help" -f -a "list" -d 'One line an entry, oldest first'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from help" -f -a "show" -d 'One entry with everything it says'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from help" -f -a "export" -d 'Write every entry to a file, as NDJSON; noted on the ledger as archived'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from help" -f -a "import" -d 'Take in the entries of exported files, marked as imported'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from help" -f -a "copy" -d 'Copy every entry of one store to another, as it stands'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Check the chains, and derive what runs with a recording say from it again'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from help" -f -a "key" -d 'The key of the pseudonyms: one for a team, so that its runs are of one account'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from help" -f -a "signing-key" -d 'Make a key that signs exports; prints its public key for `[evidence] trusted_keys`'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from help" -f -a "prune" -d 'Remove old runs; those that a granted decision rests on stay'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand evidence; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand gates" -l explain -d 'A page about one gate: why it is asked, what it looks like when it does not pass, what to do then' -r -f -a "rest-reached\t''
rest-errors\t''
contract-seen\t''
parity\t''
dropped-push\t''
freshness\t''
justified\t''
stall\t''
coverage\t''
key-unique\t''
comparable\t''
decided\t''
alignment\t''
continuity\t''
samples\t''
transitions-covered\t''
self-check\t''
completed\t''
source-found\t''
job-found\t''
broadcast-found\t''
broadcast-ungated\t''
handler-found\t''
imports-resolve\t''
files-parse\t''
integrated\t''
revision-known\t''
evidence-present\t''
silence\t''
sessions-covered\t''
entities-told\t''
flag-order\t''
hazards-cleared\t''
cutover-held\t''
flag-on\t''
flags-agree\t''
gaps-healed\t''
rollback-rehearsed\t''
signed-off\t''
timer-unshared\t''
callers-gone\t''
listener-reachable\t''
fields-accepted\t''
delete-held\t''
requests-resolved\t''
timers-gone\t''
pollers-gone\t''
endpoints-gone\t''
urls-gone\t''
flag-reads-gone\t''
logs-clean\t''
documentation-updated\t''
release-tagged\t''
team-informed\t''
evidence-archived\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand gates" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand gates" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand gates" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand gates" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand gates" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand gates" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand gates" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand gates" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand gates" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand gates" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand gates" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand gates" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand doctor" -l for -d 'How long to listen at most; slower features stay undecided [default: 15s]' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand doctor" -l redis -d 'Also send one PING to the channel layer\'s Redis' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand doctor" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand doctor" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand doctor" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand doctor" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand doctor" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand doctor" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand doctor" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand doctor" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand doctor" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand doctor" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand doctor" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand demo" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand demo" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand demo" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand demo" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand demo" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand demo" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand demo" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand demo" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand demo" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand demo" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand demo" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand init" -l contract -d 'The built-in contract to start from: thor-a, thor-b or none' -r -f -a "thor-a\t''
thor-b\t''
none\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand init" -l from -d 'Propose what this recording suggests (made with `shadow-diff --record`); may repeat' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand init" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand init" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand init" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand init" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand init" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand init" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand init" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand init" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand init" -s y -l yes -d 'Take every default instead of asking'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand init" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand init" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand init" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand completions" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand completions" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand completions" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand completions" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand completions" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand completions" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand completions" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand completions" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand completions" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand completions" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand completions" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand man" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand man" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand man" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand man" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand man" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand man" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand man" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand man" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand man" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand man" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand man" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand schema" -l format -d 'Form of the answer' -r -f -a "human\t''
json\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand schema" -l config -d 'Configuration file [default: the nearest thor-cutover.toml upwards from here]' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand schema" -l rest-url -d 'Base URL of Thor\'s REST API' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand schema" -l ws-url -d 'URL of Thor\'s WebSocket, the slash at the end included [default: derived from the REST URL]' -r -f
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand schema" -l origin -d 'Origin header of the handshake; Channels refuses one that is not an allowed host' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand schema" -l evidence -d 'Where the evidence is kept, such as sqlite:.thor-cutover/evidence.db or postgres://ada@db/thor' -r
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand schema" -s o -l output -d 'Write the answer to a file instead of stdout' -r -F
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand schema" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand schema" -s q -l quiet -d 'Say less on stderr'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand schema" -s v -l verbose -d 'Say more on stderr; twice for everything'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand schema" -s V -l version -d 'Print version'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and not __fish_seen_subcommand_from status shadow-diff watch replay checklist report audit enable rollback sign-off evidence gates doctor demo init completions man schema help" -f -a "status" -d 'Which flags are on, according to whom; each feature\'s stage and newest evidence, what is missing, what is next'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and not __fish_seen_subcommand_from status shadow-diff watch replay checklist report audit enable rollback sign-off evidence gates doctor demo init completions man schema help" -f -a "shadow-diff" -d 'Do REST and WebSocket say the same? Observes both side by side over one socket'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and not __fish_seen_subcommand_from status shadow-diff watch replay checklist report audit enable rollback sign-off evidence gates doctor demo init completions man schema help" -f -a "watch" -d 'Observes every session of every feature for weeks, sleeps in between, and keeps the evidence: a service'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and not __fish_seen_subcommand_from status shadow-diff watch replay checklist report audit enable rollback sign-off evidence gates doctor demo init completions man schema help" -f -a "replay" -d 'The same judgment from a recording, or from a browser\'s HAR; never writes to the ledger'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and not __fish_seen_subcommand_from status shadow-diff watch replay checklist report audit enable rollback sign-off evidence gates doctor demo init completions man schema help" -f -a "checklist" -d 'Go or no-go before a flag is flipped or a REST timer is deleted'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and not __fish_seen_subcommand_from status shadow-diff watch replay checklist report audit enable rollback sign-off evidence gates doctor demo init completions man schema help" -f -a "report" -d 'The whole cutover on one page: where each feature stands, the weeks, what differed, who signed, what was not seen'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and not __fish_seen_subcommand_from status shadow-diff watch replay checklist report audit enable rollback sign-off evidence gates doctor demo init completions man schema help" -f -a "audit" -d 'Where Thor\'s source has the timers, pollers, endpoints, broadcasts and flag reads of each feature'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and not __fish_seen_subcommand_from status shadow-diff watch replay checklist report audit enable rollback sign-off evidence gates doctor demo init completions man schema help" -f -a "enable" -d 'Switch a feature to the WebSocket: edits the env files, once the checklist says GO for `cutover`'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and not __fish_seen_subcommand_from status shadow-diff watch replay checklist report audit enable rollback sign-off evidence gates doctor demo init completions man schema help" -f -a "rollback" -d 'Switch a feature back to REST: edits the env files at once, and is never refused'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and not __fish_seen_subcommand_from status shadow-diff watch replay checklist report audit enable rollback sign-off evidence gates doctor demo init completions man schema help" -f -a "sign-off" -d 'Put a person\'s word on the ledger: for a deletion, for a manual gate, or for things accepted by name'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and not __fish_seen_subcommand_from status shadow-diff watch replay checklist report audit enable rollback sign-off evidence gates doctor demo init completions man schema help" -f -a "evidence" -d 'The ledger: what was observed, changed and signed; how it travels, and whether it is what it was'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and not __fish_seen_subcommand_from status shadow-diff watch replay checklist report audit enable rollback sign-off evidence gates doctor demo init completions man schema help" -f -a "gates" -d 'The gates: what each measures, and for which decision'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and not __fish_seen_subcommand_from status shadow-diff watch replay checklist report audit enable rollback sign-off evidence gates doctor demo init completions man schema help" -f -a "doctor" -d 'Why is nothing arriving? Each link from the configuration to each feature\'s first message, with its fix'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and not __fish_seen_subcommand_from status shadow-diff watch replay checklist report audit enable rollback sign-off evidence gates doctor demo init completions man schema help" -f -a "demo" -d 'An embedded Thor on loopback with one planted fault, and the three main commands on it'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and not __fish_seen_subcommand_from status shadow-diff watch replay checklist report audit enable rollback sign-off evidence gates doctor demo init completions man schema help" -f -a "init" -d 'Write a commented thor-cutover.toml; never overwrites one'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and not __fish_seen_subcommand_from status shadow-diff watch replay checklist report audit enable rollback sign-off evidence gates doctor demo init completions man schema help" -f -a "completions" -d 'Print a completion script for a shell'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and not __fish_seen_subcommand_from status shadow-diff watch replay checklist report audit enable rollback sign-off evidence gates doctor demo init completions man schema help" -f -a "man" -d 'Print the man page of the tool, or of one command'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and not __fish_seen_subcommand_from status shadow-diff watch replay checklist report audit enable rollback sign-off evidence gates doctor demo init completions man schema help" -f -a "schema" -d 'Print the JSON Schema of a command\'s JSON output, or of the configuration'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and not __fish_seen_subcommand_from status shadow-diff watch replay checklist report audit enable rollback sign-off evidence gates doctor demo init completions man schema help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and __fish_seen_subcommand_from evidence" -f -a "list" -d 'One line an entry, oldest first'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and __fish_seen_subcommand_from evidence" -f -a "show" -d 'One entry with everything it says'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and __fish_seen_subcommand_from evidence" -f -a "export" -d 'Write every entry to a file, as NDJSON; noted on the ledger as archived'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and __fish_seen_subcommand_from evidence" -f -a "import" -d 'Take in the entries of exported files, marked as imported'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and __fish_seen_subcommand_from evidence" -f -a "copy" -d 'Copy every entry of one store to another, as it stands'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and __fish_seen_subcommand_from evidence" -f -a "verify" -d 'Check the chains, and derive what runs with a recording say from it again'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and __fish_seen_subcommand_from evidence" -f -a "key" -d 'The key of the pseudonyms: one for a team, so that its runs are of one account'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and __fish_seen_subcommand_from evidence" -f -a "signing-key" -d 'Make a key that signs exports; prints its public key for `[evidence] trusted_keys`'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand help; and __fish_seen_subcommand_from evidence" -f -a "prune" -d 'Remove old runs; those that a granted decision rests on stay'
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand shadow-diff" -f -a "account_balance positions intraday global_market"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand watch" -f -a "account_balance positions intraday global_market"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand checklist" -f -a "account_balance positions intraday global_market"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand report" -f -a "account_balance positions intraday global_market"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand audit" -f -a "account_balance positions intraday global_market"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand enable" -f -a "account_balance positions intraday global_market"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand rollback" -f -a "account_balance positions intraday global_market"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand sign-off" -f -a "account_balance positions intraday global_market"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand gates" -f -a "rest-reached rest-errors contract-seen parity dropped-push freshness justified stall coverage key-unique comparable decided alignment continuity samples transitions-covered self-check completed source-found job-found broadcast-found broadcast-ungated handler-found imports-resolve files-parse integrated revision-known evidence-present silence sessions-covered entities-told flag-order hazards-cleared cutover-held flag-on flags-agree gaps-healed rollback-rehearsed signed-off timer-unshared callers-gone listener-reachable fields-accepted delete-held requests-resolved timers-gone pollers-gone endpoints-gone urls-gone flag-reads-gone logs-clean documentation-updated release-tagged team-informed evidence-archived"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand doctor" -f -a "account_balance positions intraday global_market"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand completions" -f -a "bash elvish fish powershell zsh"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand man" -f -a "status shadow-diff watch replay checklist report audit enable rollback sign-off evidence gates doctor demo init completions man schema"
complete -c thor-cutover -n "__fish_thor_cutover_using_subcommand schema" -f -a "config status init checklist audit enable rollback sign-off evidence evidence-show gates shadow-diff watch notice demo doctor replay report"
