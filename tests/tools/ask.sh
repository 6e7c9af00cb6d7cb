#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: tests/tools/ask.sh [PATTERN]
#
# Runs the real tools on small folders that are made on the fly, where something cannot be read, is not there, or was mistyped:
# what stdout and stderr say, and the exit status. With PATTERN only the situations whose name contains it.

. "$(dirname "${BASH_SOURCE[0]}")/../support/setup.sh"
case ${1:-} in -h | --help) usage && exit ;; esac
pattern=${1:-}
bin=$build/release/examples
scratch=$build/tools

# situation NAME: begins one, in an empty folder of its own; false where it was not asked for.
situation() {
    name=$1
    [[ $name == *$pattern* ]] || return 1
    cd "$scratch" && rm -rf here && mkdir here && cd here
}
# run STATUS COMMAND…: into the files out and err; a status of its own is a failure.
run() {
    local wanted=$1 status=0
    shift
    "$@" >out 2>err </dev/null || status=$?
    last="$*"
    [ $status = "$wanted" ] || miss "$name: $last: ended with $status instead of $wanted: $(tail -n 2 err | tr '\n' ' ')"
}
piped() { # piped STATUS INPUT COMMAND…: the same with bytes on stdin, as printf writes them
    local wanted=$1 input=$2 status=0
    shift 2
    # shellcheck disable=SC2059
    printf "$input" | "$@" >out 2>err || status=$?
    last="$*"
    [ $status = "$wanted" ] || miss "$name: $last: ended with $status instead of $wanted: $(tail -n 2 err | tr '\n' ' ')"
}
# has FILE TEXT, lacks FILE TEXT: what the last command said.
has() { if grep -qF -- "$2" "$1"; then ok "$name: $1 has: $2"; else miss "$name: $last: no '$2' in $1: $(head -c 300 "$1" | tr '\n' ' ')"; fi; }
lacks() { if grep -qF -- "$2" "$1"; then miss "$name: $last: '$2' in $1: $(head -c 300 "$1" | tr '\n' ' ')"; else ok "$name: $1 has no: $2"; fi; }
same() { if [ "$2" = "$3" ]; then ok "$name: $1"; else miss "$name: $1: '$2' and not '$3'"; fi; }
ask() { "$bin/ask" "$@"; }
# otters FOLDER: five documents, one sentence each.
otters() {
    mkdir -p "$1"
    local i
    for i in 0 1 2 3 4; do printf -- '---\nlang: en\ntags: [draft, n%d]\n---\nFact %d is about otters and rivers.\n' $i $i >"$1/d$i.md"; done
}
# The names and contents of a folder.
state() { (cd "$1" && find . -type f | sort | while read -r f; do echo "$f $(cksum <"$f")"; done); }

# --- what is in a folder ---

encodings() {
    if situation "UTF-16 is read by its mark"; then
        mkdir docs
        echo 'The porch holds a bench.' >docs/ok.md
        printf 'The lighthouse keeper lives in the old mill.\r\n' | iconv -f UTF-8 -t UTF-16LE | (printf '\xff\xfe' && cat) >docs/win.md
        printf 'The piano was tuned by Anton Weber.\n' | iconv -f UTF-8 -t UTF-16BE | (printf '\xfe\xff' && cat) >docs/big.md
        run 0 ask docs --threshold 0 'Where does the lighthouse keeper live?'
        has out 'The lighthouse keeper lives in the old mill.'
        has out 'win.md:2-90 '
        run 0 ask docs --threshold 0 --json 'Who tuned the piano?'
        has out '"doc":"big.md","begin":2,"end":72,'
    fi
    if situation "text in another encoding is an error"; then
        mkdir docs
        echo 'The porch holds a bench.' >docs/ok.md
        printf 'Die M\xfchle \xf6ffnet fr\xfch f\xfcr G\xe4ste \x96 t\xe4glich.\n' >docs/latin1.md
        printf '\x93\xfa\x96{\x8c\xea\x82\xcc\x95\xb6\x8f\xcd\n' >docs/sjis.txt
        printf 'W\0i\0d\0e\0 \0t\0e\0x\0t\0' >docs/nomark.txt
        run 3 ask docs --quiet bench
        has err 'latin1.md: byte 5: it is text in another encoding than UTF-8'
        has err 'sjis.txt: byte 0: it is text in another encoding'
        has err 'nomark.txt: byte 0: it is text in another encoding'
        lacks err 'left out'
        run 3 ask docs --json bench
        has err '{"error":{"fault":"other_encoding","file":"latin1.md","unit":"byte","where":5'
    fi
    if situation "front matter that cannot be read"; then
        mkdir docs
        printf -- '---\ntitle: T\ntags: [a\n---\nOtters swim.\n' >docs/a.md
        run 3 ask docs --threshold 0 otters
        has err 'ask: a.md: line 3: '
        has out 'Otters swim.'
    fi
}

formats() {
    if situation "formats that are not read are named"; then
        mkdir docs
        echo 'The otter swims.' >docs/a.md
        echo '{\rtf1 The heron waits.}' >docs/page.rtf
        printf '%%PDF-1.4 heron' >docs/paper.pdf
        printf 'PK\3\4\0\0' >docs/letter.docx
        for i in 1 2 3 4; do echo '{}' >docs/n$i.ipynb; done
        run 0 ask docs --threshold 0 heron
        has err 'not read: RTF: page.rtf'
        has err 'not read: PDF: paper.pdf'
        has err 'not read: DOCX: letter.docx'
        has err 'not read: Jupyter notebook: n1.ipynb, n2.ipynb and 2 more; --verbose lists them'
        lacks out 'waits'
        run 0 ask docs --threshold 0 --verbose heron
        has err 'n3.ipynb, n4.ipynb'
        run 1 ask docs/page.rtf heron
        has err 'page.rtf: not read: RTF'
        run 3 "$bin/chunk" docs/paper.pdf
        has err 'not read: PDF'
        rm docs/a.md
        run 1 ask docs heron
        has err 'not read: RTF: page.rtf'
        has err 'docs: it holds no document'
    fi
    if situation "pages of HTML are read, without what stands around their text"; then
        mkdir docs
        echo '<!doctype html><title>Herons</title><nav><a href=/>Otters of the house</a></nav><h1>Herons</h1><p>The heron waits for fish.</p>' >docs/page
        run 0 ask docs --threshold 0 'What does the heron wait for?'
        has out 'The heron waits for fish.'
        has out '[1] page:98-123' # bytes of the file
        lacks out 'Otters'
    fi
    if situation "pictures and binaries are one line"; then
        mkdir docs
        echo 'The otter swims.' >docs/a.md
        for i in 1 2 3; do printf '\x89PNG\0' >docs/p$i.png; done
        echo '<svg/>' >docs/drawing.svg
        printf '\1\2\0\3' >docs/core
        printf '\1\2\0\3' >docs/blob
        printf '\x1f\x8b\x08\0' >docs/a.tar.gz
        touch docs/.hidden
        ln -s a.md docs/link.md
        run 0 ask docs --threshold 0 otter
        has err '9 files left out: 1 archive, 2 binaries, 1 hidden, 1 link, 4 pictures; --verbose lists them'
        same 'one line' "$(wc -l <err)" 1
        run 0 ask docs --threshold 0 --verbose otter
        has err 'left out: p2.png: byte 4: the content is not text'
        run 0 ask docs --threshold 0 --quiet otter
        same 'no notes' "$(cat err)" ''
        run 0 "$bin/chunk" docs
        has err '9 files left out'
    fi
    if situation "names that turn the line round"; then
        mkdir docs
        echo 'The otter swims.' >"docs/a"$'\u202e''dm.exe'$'\u2066''.md'
        run 0 ask docs --threshold 0 otter
        has out '[1] a dm.exe .md:0-16 '
    fi
}

# --- the folder is not what it was ---

folders() {
    if situation "an emptied folder is answered from the index"; then
        otters docs
        run 0 ask docs --index idx otters
        before=$(state idx)
        mv docs away && mkdir docs
        run 3 ask --index idx otters
        has err 'it holds no document now'
        has out 'is about otters'
        touch docs/.DS_Store docs/mounted.png && mkdir docs/lost+found
        run 3 ask docs --index idx otters
        has out 'is about otters'
        printf '%%PDF-' >docs/paper.pdf
        run 3 ask --index idx --json otters
        has out '"answerable":true'
        has err '"fault":"no_input"'
        rm -r docs
        run 3 ask --index idx otters
        has err 'no such file or folder'
        has out 'is about otters'
        same 'the index is as it was' "$(state idx)" "$before"
        mv away docs
        run 0 ask --index idx otters
        same 'nothing to do afterwards' "$(cat err)" ''
    fi
    if situation "a folder that cannot be read"; then
        if [ "$(id -u)" != 0 ]; then
            as=()
        elif command -v setpriv >/dev/null; then
            chmod 777 . && as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
            "${as[@]}" test -x "$bin/ask" || { skip "$name: nobody may not run the tool" && return; }
        else
            skip "$name: root reads everything" && return
        fi
        otters docs
        mkdir docs/sub && echo 'The heron waits in the reeds.' >docs/sub/h.md
        chmod -R a+rwX docs
        run 0 "${as[@]}" "$bin/ask" docs --index idx heron
        for mode in 000 444; do
            chmod $mode docs/sub
            run 3 "${as[@]}" "$bin/ask" --index idx heron
            has err 'ask: sub: it cannot be opened or read'
            has out 'The heron waits in the reeds.'
            lacks err 'removed'
            run 3 "${as[@]}" "$bin/ask" docs otters # and without an index
            has err 'ask: sub: it cannot be opened or read'
            has out 'is about otters'
            chmod 777 docs/sub
        done
        rm docs/d1.md && chmod 000 docs/sub
        run 3 "${as[@]}" "$bin/ask" --index idx heron # the rest is followed
        has err '0 chunks added, 1 removed'
        has out 'The heron waits in the reeds.'
        chmod 777 docs/sub && chmod 000 docs
        run 3 "${as[@]}" "$bin/ask" --index idx heron
        has out 'The heron waits in the reeds.'
        chmod 777 docs
        rm docs/sub/h.md
        run 0 "${as[@]}" "$bin/ask" --index idx otters
        has err '1 removed'
    fi
}

# --- the index ---

indexes() {
    if situation "a foreign folder is refused and left alone"; then
        otters docs
        before=$(state docs)
        run 1 ask docs --index docs otters
        has err 'it holds other files and no index'
        run 1 ask --index docs otters
        echo 'not ours' >docs/manifest-0000000000000001
        run 1 ask docs --index docs otters
        rm docs/manifest-0000000000000001
        lacks err 'is made anew'
        same 'nothing was written' "$(state docs)" "$before"
        mkdir empty && run 0 ask docs --index empty otters
        same 'an empty one is taken' "$(ls empty | grep -c manifest)" 1
    fi
    if situation "an index in a form that is no longer read"; then
        otters docs
        cp -r "$root/tests/data/index_older" idx
        before=$(state idx)
        run 1 ask docs --index idx otters
        has err 'was made by an older version, in a form that is no longer read; remove it, and it is made anew'
        lacks err 'expected kind'
        rm idx/writer.lock
        same 'it is left alone' "$(state idx)" "$before"
        rm -r idx
        run 0 ask docs --index idx otters
        has out 'is about otters'
    fi
    if situation "an index of 0.1"; then
        cp -r "$root/tests/data/index_0_1/index" idx
        cp -r "$root/examples/handbook" handbook
        run 0 ask --folder handbook --index idx 'How many days of paid leave do I have?'
        has out 'Every employee has thirty days of paid leave a year. [1]'
        run 0 ask --index idx 'How many days of paid leave do I have?'
        has out 'Every employee has thirty days of paid leave a year. [1]'
        lacks err 'added'
    fi
    if situation "an index without its manifests"; then
        otters docs
        run 0 ask docs --index idx otters
        rm idx/manifest-*
        before=$(state idx)
        run 3 ask docs --index idx otters
        has err 'the manifests of this index are gone'
        has out 'is about otters'
        run 1 ask --index idx otters
        has err 'the manifests of this index are gone'
        same 'its parts stay' "$(state idx)" "$before"
    fi
    if situation "an index that was cut short when it was made"; then
        otters docs
        run 0 ask docs --index idx otters
        rm idx/manifest-* idx/words-*
        run 0 ask docs --index idx otters
        has err 'not finished'
        run 0 ask --index idx otters
        same 'and is whole now' "$(cat err)" ''
    fi
    if situation "a damaged index"; then
        otters docs
        run 0 ask docs --index idx otters
        part=$(ls idx/*.graft | head -n 1) && head -c 100 "$part" >cut && mv cut "$part"
        run 1 ask --index idx otters
        has err 'the index is damaged'
    fi
    if situation "a disk that is full"; then
        otters docs
        full() { (trap '' XFSZ && ulimit -f 1 && "$bin/ask" "$@" | cat) 2>&1 | cat; }
        run 0 ask docs otters
        cp out wanted
        for index in new old; do
            [ $index = new ] || { run 0 ask docs --index old otters && echo 'More about otters.' >docs/more.md; }
            before=$([ $index = new ] || state old)
            said=$(trap '' XFSZ && ulimit -f 1 && { "$bin/ask" docs --index $index otters && echo rc=0 || echo "rc=$?"; } 2>&1 | cat)
            last="$index index" && printf '%s\n' "$said" >said
            has said 'is about otters'
            has said 'a write did not succeed'
            has said 'rc=3'
            [ $index = new ] || same 'the generation before stays' "$(state old)" "$before"
            run 0 ask docs --index $index otters # and the next try succeeds
        done
    fi
}

# --- what was asked ---

questions() {
    otters_here() { otters docs && printf -- '---\nlang: de\n---\nAnother otter.\n' >docs/de.md && echo 'No fields, an otter.' >docs/plain.md; }
    if situation "a filter on a field that no document has"; then
        otters_here
        run 3 ask docs --threshold 0 --filter 'langg == en' otter
        has err 'ask: --filter: no document has the field langg (there are: lang, tags)'
        run 3 ask docs --threshold 0 --filter 'lang == en || (lnag != de && lnag exists)' otter --json
        has err '"file":"lnag"'
        same 'once a field' "$(wc -l <err)" 1
        has out 'is about otters'
        run 0 ask docs --threshold 0 --filter 'lang == fr' otter
        same 'a value that none has is no mistake' "$(cat err)" ''
        run 0 ask docs --threshold 0 --filter 'tags == draft' otter
        has err 'the field tags is a list in 5 documents, of which only contains and exists can be true'
        run 0 ask docs --threshold 0 --filter 'tags contains draft' otters
        same 'contains is fine' "$(cat err)" ''
        run 0 ask --help
        has out 'lang != de does not'
        has out 'tags contains draft, never'
        echo '{"id":"a","text":"An otter.","metadata":{"lang":"en"}}' >c.jsonl
        run 3 "$bin/search" --corpus c.jsonl --queries c.jsonl --method bm25 --filter 'langg == en'
        has err 'no document has the field langg (there are: lang)'
    fi
    if situation "a budget that is too small"; then
        otters_here
        run 3 ask docs --threshold 0 --budget 20 otters
        has err 'the instruction and the question alone take'
        has err 'and the prompt may have 20 (--budget): '
        lacks out 'No relevant source'
        words=$(sed -n 's/.*alone take \([0-9]*\) .*/\1/p' err)
        run 3 ask docs --threshold 0 --budget "$words" otters
        has err 'sources were found, but none fits into a prompt of'
        lacks out 'No relevant source'
        least=$(sed -n 's/.*the smallest takes \([0-9]*\) .*/\1/p' err)
        run 3 ask docs --threshold 0 --budget $((least - 1)) otters
        has err ', 1 more'
        run 3 ask docs --threshold 0 --budget $((least - 1)) otters --json
        has err '{"error":{"fault":"too_large"'
        has out '"answerable":false'
        has out '"why":"over budget"'
        lacks out 'No relevant source'
        run 0 ask docs --threshold 0 --budget "$least" otters
        has out 'otter'
    fi
    if situation "usage"; then
        otters docs
        run 2 ask docs --k 0 otters
        has err '--k takes a number of at least 1'
        run 2 ask docs --sentences some otters
        has err '--sentences takes a number'
        run 0 ask docs --order best-last --k 1 otters
        echo '{"id":"a","text":"x y"}' >c.jsonl
        run 2 "$bin/search" --corpus c.jsonl --queries c.jsonl --k 0
        run 0 ask --help
        for flag in index folder k budget threshold method filter adapter order generator; do
            if grep -qE -- "^  --$flag [^ ]+ \([^)]+\)" out; then ok "$name: --help names the default of --$flag"; else miss "$name: no default of --$flag"; fi
        done
        has out 'nearest: '
    fi
    if situation "ids and marks of questions"; then
        otters docs
        piped 0 '{"id":"q1","text":"otters"}\n{"_id":7,"question":"rivers"}\n{"text":"otters"}\n' ask docs --json -
        same 'ids come back as they were' "$(grep -oE '^\{"(id":[^,]*,"question|question)"' out | tr '\n' ' ')" '{"id":"q1","question" {"id":7,"question" {"question" '
        piped 0 '\xef\xbb\xbf{"id":"q1","text":"otters"}\n' ask docs --json -
        has out '{"id":"q1","question":"otters"'
        piped 0 '\xef\xbb\xbfotters\r\nrivers' ask docs --json
        has out '{"question":"otters'
        has out '{"question":"rivers'
        piped 0 '\xff\xfeo\0t\0t\0e\0r\0s\0\r\0\n\0r\0i\0v\0e\0r\0s\0' ask docs --json
        has out '{"question":"otters'
        has out '{"question":"rivers'
    fi
    if situation "a byte-order mark in qrels and runs"; then
        printf '\xef\xbb\xbfq1 0 a 1\nq2 0 b 1\n' >qrels
        printf '\xef\xbb\xbfq1 Q0 x 1 2.0 r\nq1 Q0 a 2 1.0 r\nq2 Q0 x 1 2.0 r\nq2 Q0 b 2 1.0 r\n' >run
        run 0 "$bin/evaluate" ranking --qrels qrels --run run --metrics num_q,recip_rank --json
        has out '{"metric":"num_q","question":"all","value":2}'
        has out '{"metric":"recip_rank","question":"all","value":0.5}'
        printf '\xef\xbb\xbfquery-id\tcorpus-id\tscore\r\nq1\ta\t1\r\nq2\tb\t1\r\n' >qrels
        run 0 "$bin/evaluate" ranking --qrels qrels --run run --metrics num_q --json
        has out '"value":2}'
        printf 'q1 0 a 1\nq2 0 b 1\n' | iconv -f UTF-8 -t UTF-16LE | (printf '\xff\xfe' && cat) >wide
        run 0 "$bin/evaluate" ranking --qrels wide --run run --metrics num_q --json
        has out '"value":2}'
    fi
}

# --- models: small random ones with reference outputs ---

# list_of NAME: the ids, offsets or another list of the first line of `out`.
list_of() { grep -oE "\"$1\":\[[^a-z\"]*\]" out | head -n 1; }
models() {
    local fixtures=${GRAFT_SHARED:-/nowhere}/fixtures tokenizers=${GRAFT_SHARED:-/nowhere}/data/tokenizers threads whole=''
    [ -d "$fixtures/tiny_bert" ] || { skip "models: \$GRAFT_SHARED/fixtures/tiny_bert is absent" && return; }
    if situation "a tokenizer from each kind of file"; then
        printf 'a fox' >text
        for from in hf hf/tokenizer.json hf/vocab.txt st_classic; do
            run 0 "$bin/tokenize" --model "$fixtures/tiny_bert/$from" --json text
            same "$from" "$(list_of ids)" '"ids":[2,21,120,3]'
        done
        printf 'Hello world' >text
        run 0 "$bin/tokenize" --model "$tokenizers/tiktoken/cl100k_base.tiktoken" --json text
        has out '"ids":[9906,1917],"offsets":[[0,5],[5,11]],"types":[0,0],"truncated":false}'
        run 0 "$bin/tokenize" --model "$tokenizers/ggml/ggml-vocab-llama-spm.gguf" --json text
        has out '"ids":[1,15043,3186],"offsets":[[0,0],[0,5],[5,11]]'
        run 0 "$bin/tokenize" --model "$tokenizers/t5-small" --json text
        has out '"ids":[8774,296,1]'
        cp "$tokenizers/tiktoken/r50k_base.tiktoken" other.tiktoken
        run 1 "$bin/tokenize" --model other.tiktoken text
        has err 'other.tiktoken: this is of a kind that is not supported'
        run 1 "$bin/tokenize" --model nothing.json text
        has err 'nothing.json: no such file or folder'
        printf '[CLS]\n' >vocab.txt
        run 1 "$bin/tokenize" --model vocab.txt text
        has err 'vocab.txt: [UNK]'
    fi
    if situation "special tokens, pairs, limits, and back"; then
        local vocabulary=$fixtures/tiny_bert/hf/vocab.txt
        printf 'a [SEP] fox' >text && printf 'red' >second
        run 0 "$bin/tokenize" --model "$vocabulary" --json text
        same 'what is typed is text' "$(list_of ids)" '"ids":[2,21,1,39,51,62,1,120,3]'
        run 0 "$bin/tokenize" --model "$vocabulary" --json --special parse text
        same 'unless it is to be read' "$(list_of ids)" '"ids":[2,21,3,120,3]'
        run 0 "$bin/tokenize" --model "$vocabulary" --json --special none text
        same 'nothing is put round it' "$(list_of ids)" '"ids":[21,1,39,51,62,1,120]'
        run 0 "$bin/tokenize" --model "$vocabulary" --json --pair --max 8 text second
        has out '"ids":[2,21,1,39,51,3,90,3]'
        has out '"types":[0,0,0,0,0,0,1,1],"truncated":true}'
        run 2 "$bin/tokenize" --model "$vocabulary" --pair text
        run 2 "$bin/tokenize" --model "$vocabulary"
        run 3 "$bin/tokenize" --model "$vocabulary" --json --max 1 text second
        has err '"fault":"bad_argument","file":"text: max_tokens"'
        piped 3 '{"id":"x","ids":[21,120]}\n{"id":"y","ids":[-1]}\n{"ids":[999]}\n' "$bin/tokenize" --model "$vocabulary" --decode --json --jsonl -
        same 'ids become text' "$(cat out)" '{"id":"x","text":"a fox"}'
        has err '"fault":"unknown_id","file":"3: ids"'
        piped 3 '{"text":"a"}\n7\n{"id":4}\n' "$bin/tokenize" --model "$vocabulary" --json --jsonl -
        has err '"where":2'
        has err '"where":3'
    fi
    if situation "a conversation in the model's chat format"; then
        printf '{"id":"c","messages":[{"role":"user","content":"Hello"}]}\n{"messages":[{"role":"cat","content":"Hello"}]}\n' >c.jsonl
        run 3 "$bin/tokenize" --model "$fixtures/tiny_bert/hf" --json --jsonl c.jsonl
        has err '"fault":"unsupported","file":"c: messages"'
        has err '"fault":"bad_format"'
        if [ -e "$GRAFT_MODELS/smollm2/.complete" ]; then
            run 3 "$bin/tokenize" --model smollm2 --json --jsonl c.jsonl
            same 'the system turn is the format'"'"'s own' "$(cat out)" '{"id":"c","ids":[1,9690,198,2683,359,253,5356,5646,11173,3365,3511,308,34519,28,7018,411,407,19712,8182,2,198,1,4093,198,19556,2,198,1,520,9531,198]}'
        else skip "$name: the model smollm2 is absent"; fi
    fi
    if situation "vectors of a model, on any number of threads"; then
        printf '{"id":"a","text":"the quick brown fox"}\n{"id":"b","title":"sick days","text":"a policy"}\n' >c.jsonl
        for threads in 1 2 7; do
            run 0 "$bin/embed" c.jsonl --model "$fixtures/tiny_bert/st" --threads $threads
            [ -n "$whole" ] || whole=$(cat out)
            same "$threads threads" "$(cat out)" "$whole"
        done
        same 'all numbers of it' "$(head -n 1 out | grep -o ',' | wc -l)" 32
        run 0 "$bin/embed" c.jsonl --model "$fixtures/tiny_bert/st" --dims 8
        same 'or the first' "$(head -n 1 out | grep -o ',' | wc -l)" 8
        run 0 "$bin/embed" c.jsonl --model "$fixtures/tiny_bert/st_dense" --as query --timing
        has err 'tokens a second'
        run 0 "$bin/embed" c.jsonl --model "$fixtures/static/m2v_f16"
        printf 'fox 1 0\nsick 0 2\n' >words.txt
        run 0 "$bin/embed" c.jsonl --model words.txt
        same 'words of a file' "$(cat out)" '{"id":"a","vector":[1,0]}
{"id":"b","vector":[0,1]}'
        run 1 "$bin/embed" c.jsonl --model "$fixtures/tiny_bert/st" --dims 33
        run 1 "$bin/embed" c.jsonl --model "$fixtures/tiny_bert/cross_encoder"
        has err 'modules.json: Pooling: this is needed, and it is not there'
        run 1 "$bin/embed" c.jsonl --model nothing
        has err 'nothing: no such file or folder'
    fi
    if situation "a cross-encoder behind a search"; then
        printf '{"id":"a","text":"the quick brown fox"}\n{"id":"b","text":"a red dog"}\n{"id":"c","text":"the red fox"}\n' >c.jsonl
        printf '{"id":"q","text":"red fox"}\n' >q.jsonl
        local searched=("$bin/search" --corpus c.jsonl --queries q.jsonl --method bm25)
        run 0 "${searched[@]}" --rerank "$fixtures/tiny_bert/cross_encoder"
        whole=$(cat out)
        same 'every hit stays' "$(cut -d ' ' -f 3 out | sort | tr '\n' ' ')" 'a b c '
        run 0 "${searched[@]}" --rerank "$fixtures/tiny_bert/cross_encoder" --threads 3
        same 'three threads' "$(cat out)" "$whole"
        run 0 "${searched[@]}" --rerank "$fixtures/tiny_bert/cross_encoder" --blend 0
        same 'no say' "$(head -n 1 out | cut -d ' ' -f 3)" c
        run 0 "${searched[@]}" --rerank "$fixtures/tiny_bert/cross_encoder" --rerank-k 1
        same 'one is read' "$(head -n 1 out | cut -d ' ' -f 3)" c
        run 0 "$bin/search" --corpus c.jsonl --queries q.jsonl --method dense --exact --model "$fixtures/tiny_bert/st" --json
        has out '{"question":"q","hits":[{"doc":'
        run 2 "${searched[@]}" --blend 2
        run 1 "${searched[@]}" --rerank "$fixtures/tiny_bert/st"
        has err 'modules.json'
    fi
}

all() {
    need_to_build_tools
    build_preset release -- example_ask example_chunk example_search example_evaluate example_tokenize example_embed || { miss "the tools do not build" && return; }
    mkdir -p "$scratch"
    encodings
    formats
    folders
    indexes
    questions
    models
}
counted all
