#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the tokenizers of this folder and what Hugging Face's `tokenizers` makes of some texts.

  python3 -m venv v && v/bin/pip install tokenizers==0.23.3 && v/bin/python make_golden.py

One folder per tokenizer with its tokenizer.json and expected.jsonl: a line per text with its ids without
and with special tokens, byte offsets (of the ids with special tokens), and both decoded texts.
"""
import json
import pathlib

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from tokenizers import processors, trainers

HERE = pathlib.Path(__file__).parent
CORPUS = [
    "The heron stood in the shallow water and watched the reeds, for it had the whole day.",
    "Seven small boats left the harbour at 7:45; by 12:30 only 6 had returned, they'd lost one.",
    "If the lamp isn't lit, the keeper's children won't sleep: they'll count 1, 2, 3 ... 100.",
    "Über den Fluss führt eine Brücke; naïve façade, el niño, São Paulo, Ελλάδα, Москва, 東京.",
    "def area(r):\n    return 3.14159 * r ** 2  # of a circle\n\n\tprint(area(2))\r\n",
] * 4
TEXTS = [
    "", " ", "  ", "\n", "\t\r\n", "the heron", " the  heron   stood", "they'd won't they'll ISN'T we'Ll",
    "12 345 6789 0", "a\n\n\nb \n c", "trailing space ", "x = y ** 2  # note", "naïve façade",
    "nai\u0308ve fac\u0327ade", "e\u0323\u0302 \u1ec7 e\u0302\u0323", "\u1112\u1161\u11ab \ud55c \ub098\u1173",
    "東京とМосква", "\U0001f469\u200d\U0001f680 \U0001f44d\U0001f3fd", "\u00a0nbsp\u2003em\u3000wide",
    "a\u180eb \u180e c", "zero\u200bwidth\u2060joiner\ufeff", "\u0000nul\u0007bell", "\u212b\u2126\ufb01\u00c5\u03a9",
    "<s>the heron</s>", "the <s> heron", "<mask>", " <mask> the", "the<mask>", "a <word> b", "a<word>b <word>",
    "a<word> <word>b \u00e9<word>",
    "<pad><pad>", "caf\u00e9<e\u0301t\u00e9>", "<\u00e9t\u00e9> <e\u0301te\u0301>", "x  <mask>  y <mask>\n<mask>",
    "\u0905\u0928\u0941\u0930\u094b\u0927 \u0e20\u0e32\u0e29\u0e32", "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "\u1e9e\u017f\u2019s '\u017f", "\ud7a3\U00010330\U0010ffff", "ab" * 300, " " * 70 + "x", "e" + "\u0301" * 40,
    "The keeper's lamp, 7:45; Ελλάδα!", "\u2581lower\u2581one eighth", "<0x41> <0xC3>", "aaaa aaa aa a", "\u00e9\u00e8\u1e0b\u0323",
    "x\u3000<mask>\u3000y\u2028<mask>\u1680z", "e\u030d\u0301 \u1112\u0334\u1161", "0\U0001e2ee\u0330 \U00011935\U00011930",
    "\u03b1\u0345\u0301\u0313 \u0f71\u0f72\u0f74", "<\u00f6> <o\u0308>", "watch the reeds.", "\u2adc\u0958\ufb1d\u0344",
]
LLAMA3 = r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""


def begin_template(token, number):
    return processors.TemplateProcessing(single=f"{token} $A", pair=f"{token} $A {token} $B",
                                         special_tokens=[(token, number)])


def words():
    vocab = {"<pad>": 0, "<s>": 1, "</s>": 2, "<unk>": 3}
    for text in CORPUS[:5]:
        for word in text.split():
            vocab.setdefault(word, len(vocab))
    t = Tokenizer(models.WordLevel(vocab, unk_token="<unk>"))
    t.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    t.add_special_tokens(["<pad>", "<s>", "</s>", "<unk>"])
    t.post_processor = begin_template("<s>", 1)
    return t


def words_and_signs():
    t = Tokenizer(models.WordLevel({"<unk>": 0, "the": 1, "keeper": 2, "'": 3, "s": 4, ",": 5, "7": 6, "nbsp": 7,
                                    "東京とМосква": 8, "naïve": 9}, unk_token="<unk>"))
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Digits()])
    return t


def trained(tokenizer, size, special):
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=size, special_tokens=special,
                                                              initial_alphabet=alphabet, show_progress=False))
    return tokenizer


def prefix_space():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    t.decoder = decoders.ByteLevel()
    trained(t, 330, ["<s>", "<pad>", "</s>"])
    t.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False)])
    t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), True, True)
    return t


def whole_words():
    t = Tokenizer(models.BPE(ignore_merges=True))
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(LLAMA3), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False, trim_offsets=False)])
    t.decoder = decoders.ByteLevel()
    trained(t, 320, [])
    t.add_special_tokens(["<s>", "</s>"])
    t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False),
                                            begin_template("<s>", t.token_to_id("<s>"))])
    return t


def composed():
    t = Tokenizer(models.BPE())
    t.normalizer = normalizers.NFC()
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    trained(t, 310, ["<s>"])
    t.add_tokens([AddedToken("<mask>", lstrip=True, rstrip=True, normalized=False, special=True),
                  AddedToken("<word>", single_word=True, normalized=False),
                  AddedToken("<\u00e9t\u00e9>", normalized=True), AddedToken("<o\u0308>", normalized=True),
                  AddedToken("   ", normalized=True), AddedToken("the reeds", normalized=False),
                  AddedToken("  ", normalized=True)])
    t.post_processor = processors.ByteLevel(add_prefix_space=False, trim_offsets=True)
    return t


def fallback_model(**options):
    symbols = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    plain = Tokenizer(models.BPE())
    plain.normalizer = normalizers.Replace(" ", "\u2581")
    plain.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=400, special_tokens=symbols,
                                                          limit_alphabet=60, show_progress=False))
    model = json.loads(plain.to_str())["model"]
    merges = [tuple(m) for m in model["merges"]]
    return models.BPE(model["vocab"], merges, unk_token="<unk>", **options)


def byte_fallback():
    t = Tokenizer(fallback_model(fuse_unk=True, byte_fallback=True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    t.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(),
                                   decoders.Strip(" ", 1, 0)])
    t.add_special_tokens(["<unk>", "<s>", "</s>"])
    t.post_processor = begin_template("<s>", 1)
    return t


def mark_first():
    t = Tokenizer(fallback_model(fuse_unk=True, byte_fallback=True))
    t.pre_tokenizer = pre_tokenizers.Metaspace("\u2581", prepend_scheme="first", split=False)
    t.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(),
                                   decoders.Strip(" ", 1, 0)])
    t.add_special_tokens(["<unk>", "<s>", "</s>"])
    return t


def mark_words():
    t = Tokenizer(fallback_model(fuse_unk=False))
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                               pre_tokenizers.Punctuation(),
                                               pre_tokenizers.Metaspace("\u2581", prepend_scheme="always")])
    t.decoder = decoders.Metaspace("\u2581", prepend_scheme="always")
    t.add_special_tokens(["<s>", AddedToken("<mask>", lstrip=True, rstrip=True, normalized=False)])
    t.post_processor = processors.BertProcessing(("</s>", 2), ("<s>", 1))
    return t


def byte_offsets(text, offsets):
    at = [0]
    for character in text:
        at.append(at[-1] + len(character.encode()))
    return [[at[a], at[b]] for a, b in offsets]


def main():
    for make in (words, words_and_signs, prefix_space, whole_words, composed, byte_fallback,
                 mark_first, mark_words):
        folder = HERE / make.__name__
        folder.mkdir(exist_ok=True)
        tokenizer = make()
        value = json.loads(tokenizer.to_str())
        if make is composed:  # the older spelling of merges
            value["model"]["merges"] = [" ".join(pair) for pair in value["model"]["merges"]]
        (folder / "tokenizer.json").write_text(json.dumps(value, ensure_ascii=False) + "\n")
        tokenizer = Tokenizer.from_str(json.dumps(value))
        with open(folder / "expected.jsonl", "w") as out:
            for text in TEXTS:
                plain = tokenizer.encode(text, add_special_tokens=False)
                full = tokenizer.encode(text)
                line = {"text": text, "ids": plain.ids, "ids_special": full.ids,
                        "offsets": byte_offsets(text, full.offsets),
                        "decoded": tokenizer.decode(full.ids, skip_special_tokens=False),
                        "decoded_skip": tokenizer.decode(full.ids, skip_special_tokens=True)}
                out.write(json.dumps(line, separators=(",", ":")) + "\n")


main()
