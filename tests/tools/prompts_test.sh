#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tools/prompts.py on a tiny tokenizer with a chat template:  prompts_test.sh SOURCE_DIR
# PHISCOPE_PYTHON names a Python with transformers. Exit code 77: skipped, because there is none.
set -euo pipefail
source_dir=$1
python=${PHISCOPE_PYTHON:-python3}
if ! "$python" -c 'import tokenizers, transformers' 2>/dev/null; then
  echo "skipped: $python has no transformers"
  exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
model=$dir/model
mkdir "$model"
cp "$source_dir"/tests/golden/models/llama/model/{config.json,tokenizer.json} "$model"
cat >"$model/tokenizer_config.json" <<'JSON'
{"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>",
 "chat_template": "{{ bos_token }}{% for m in messages %}{% if m.role == 'tool' %}{{ raise_exception('no tools here') }}{% endif %}{{ m.role }} {{ m.content }}<end>{% endfor %}{% if add_generation_prompt %}assistant {% endif %}"}
JSON
failures=0
complain() { echo "prompts_test: $*" >&2; failures=$((failures + 1)); }
render() { "$python" "$source_dir/tools/prompts.py" "$model" "$@"; }

# texts FILE: the rendered texts, after checking that ids are those of tokenizer.json, and <s> once.
texts() {
  "$python" - "$model/tokenizer.json" "$1" <<'PY'
import json, sys
from tokenizers import Tokenizer
tokenizer = Tokenizer.from_file(sys.argv[1])
for line in open(sys.argv[2], encoding="utf-8"):
    prompt = json.loads(line)
    text = prompt["meta"].pop("text")
    assert tokenizer.encode(text, add_special_tokens=False).ids == prompt["input_ids"]
    assert prompt["input_ids"].count(1) == 1 and prompt["input_ids"][0] == 1, prompt
    print(prompt["id"], text, json.dumps(prompt["meta"], sort_keys=True), sep="|")
PY
}
expect() {  # NAME WANTED: what texts printed of $dir/out.jsonl
  local found
  found=$(texts "$dir/out.jsonl") || complain "$1: ids are not those of the text"
  [ "$found" = "$2" ] || complain "$1: found"$'\n'"$found"$'\n'"expected"$'\n'"$2"
}

cat >"$dir/q.jsonl" <<'JSONL'
{"question": "why", "id": "a", "answer": "so", "meta": {"level": 3}}
{"messages": [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "hi"}], "id": 7}
"bare"
[{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}]

JSONL
render "$dir/q.jsonl" --out "$dir/out.jsonl"
expect jsonl 'a|<s>user why<end>assistant |{"answer": "so", "level": 3}
7|<s>system Be brief<end>user hi<end>assistant |{}
2|<s>user bare<end>assistant |{}
3|<s>user one<end>assistant two<end>assistant |{}'

printf '\xef\xbb\xbfquestion,id,topic\r\n"a, ""b""\nc",x,t\r\nd,y,u\r\n' >"$dir/q.csv"
render "$dir/q.csv" --system 'Think' --no-generation-prompt --out "$dir/out.jsonl"
expect csv 'x|<s>system Think<end>user a, "b"
c<end>|{"topic": "t"}
y|<s>system Think<end>user d<end>|{"topic": "u"}'

printf '[{"prompt": "one"},\n\n {"text": "two"}]\n' >"$dir/q.json"
render "$dir/q.json" >"$dir/out.jsonl"
expect json '0|<s>user one<end>assistant |{}
1|<s>user two<end>assistant |{}'

printf '%s\n' '{"problem": "one", "unique_id": "test/1.json", "solution": "s", "level": 2}' \
  '{"question": "two", "gsm8k_id": 7, "answer": "1"}' '{"question": "three", "id": null}' >"$dir/math.jsonl"
render "$dir/math.jsonl" --out "$dir/out.jsonl"
expect 'ids of problem files' 'test/1.json|<s>user one<end>assistant |{"level": 2, "solution": "s"}
7|<s>user two<end>assistant |{"answer": "1"}
2|<s>user three<end>assistant |{}'

# refuse NAME FILE MESSAGE [OPTION...]: exit code 1, one line that holds MESSAGE, nothing written.
refuse() {
  local name=$1 file=$2 wanted=$3 code=0
  shift 3
  rm -f "$dir/none.jsonl"
  render "$dir/$file" --out "$dir/none.jsonl" "$@" 2>"$dir/err" >"$dir/stdout" || code=$?
  [ "$code" -eq 1 ] || complain "$name: exit code $code, expected 1"
  [ "$(wc -l <"$dir/err")" -eq 1 ] || complain "$name: not one line: $(cat "$dir/err")"
  grep -qF -- "$wanted" "$dir/err" || complain "$name: no '$wanted' in: $(cat "$dir/err")"
  [ ! -e "$dir/none.jsonl" ] || complain "$name: wrote a file"
}
bad() { printf '%b' "$2" >"$dir/bad.$1"; }  # SUFFIX TEXT
bad jsonl '"fine"\n{"question": 5}\n'; refuse type bad.jsonl 'bad.jsonl:2: question is a number'
bad jsonl '"fine"\n\n"fine"\n'; refuse blank bad.jsonl 'bad.jsonl:2: empty'
bad jsonl '{"q": "x"}\n'; refuse nothing bad.jsonl 'bad.jsonl:1: found no question'
bad jsonl '{"text": "x", "question": "y"}\n'; refuse two bad.jsonl 'found question and text'
bad jsonl '"a"\n{"text": "x", "id": 0}\n'; refuse twice bad.jsonl "bad.jsonl:2: duplicate id '0'"
bad jsonl '{"text": "x", "id": true}\n'; refuse id bad.jsonl 'id is a boolean'
bad jsonl '{"text": "x", "text": "y"}\n'; refuse key bad.jsonl 'bad.jsonl:1: a key is listed twice'
bad jsonl '{"text": "x", "n": NaN}\n'; refuse nan bad.jsonl 'bad.jsonl:1: found NaN'
bad jsonl '{"text": "x"} {}\n'; refuse more bad.jsonl 'bad.jsonl:1: more after'
bad jsonl '{"text": "x"\n'; refuse broken bad.jsonl 'bad.jsonl:1: '
bad jsonl '{"text": "x", "meta": {"text": 1}}\n'; refuse meta bad.jsonl 'meta has a field text'
bad jsonl '[{"role": "user"}]\n'; refuse content bad.jsonl 'message 0 has no text `content`'
bad jsonl '[]\n'; refuse none bad.jsonl 'expected a list of at least one'
bad jsonl '[{"role": "tool", "content": "x"}]\n'; refuse template bad.jsonl \
  'bad.jsonl:1: the chat template refuses the messages: no tools here'
bad jsonl '{"text": "\xff"}\n'; refuse utf8 bad.jsonl 'not UTF-8 at byte 10'
bad jsonl ''; refuse empty bad.jsonl 'empty, expected at least one entry'
bad json '[{"text": "x"},\n {"text": 1}]'; refuse list bad.json 'bad.json:2: text is a number'
bad json '[{"text": "x"}\n {"text": "y"}]'; refuse comma bad.json 'bad.json:2: found'
bad json '{"text": "x"}'; refuse object bad.json 'expected a list of entries'
bad csv 'question,id\n"a\nb",1\nc\n'; refuse fields bad.csv 'bad.csv:4: 1 fields, expected 2'
bad csv 'question,question\na,b\n'; refuse header bad.csv 'bad.csv:1: found'
bad txt 'x'; refuse suffix bad.txt 'found .txt suffix, expected .jsonl, .json, .csv'
refuse absent absent.json 'No such file or directory'
refuse system q.jsonl 'q.jsonl:2: has a system message' --system X
sed -i 's/{{ bos_token }}/{{ bos_token }}{{ bos_token }}/' "$model/tokenizer_config.json"
refuse begin q.jsonl "q.jsonl:1: the begin token '<s>' is listed twice"
rm "$model/tokenizer_config.json"
refuse untemplated q.jsonl 'no chat template'

[ "$failures" -eq 0 ] && echo "prompts_test: all kept"
exit $((failures > 0))
