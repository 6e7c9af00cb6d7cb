# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
"""The peers of models that come as packages of Python, one line of answer for each line of command; `no …` where one is not there.

    texts FILE                      of each text its length on a line, then its bytes            -> ok
    tokenizer KIND [NAME] FILE      hf, tiktoken (NAME: its encoding), sentencepiece              -> ok
    ids PEER                        a sum over the ids of all texts
    encode PEER N                   all texts, N times, on one thread                            -> seconds
    minilm FOLDER                   all-MiniLM as a graph of ONNX                                -> ok
    batches FILE                    a batch a line: ids, each sequence behind it a semicolon      -> the sum of the vectors' sizes
    encode_ids N                    all batches, N times                                         -> seconds
    llama FORMAT THREADS FILE       a GGUF file in Q4_1, in that format                          -> ok
    llama_prefill FORMAT THREADS N  512 tokens, N times                                          -> seconds
    llama_decode FROM FORMAT THREADS N   32 tokens, one by one, behind FROM others, N times      -> seconds
"""

import base64
import json
import os
import sys
import time

import numpy as np

answers = sys.stdout
sys.stdout = sys.stderr


def say(text):
    answers.write(f"{text}\n")
    answers.flush()


def package(name):
    try:
        return __import__(name)
    except ImportError:
        return None


onnxruntime, tokenizers, tiktoken, sentencepiece = map(
    package, ("onnxruntime", "tokenizers", "tiktoken", "sentencepiece")
)
llama_cpp = package("llama_cpp")

# ---- tokenizers


class HF:
    def __init__(self, file):
        self.it = tokenizers.Tokenizer.from_file(file)
        self.it.no_truncation()
        self.it.no_padding()

    def all(self, texts):
        return [e.ids for e in self.it.encode_batch_fast(texts)]  # without offsets


class Tiktoken:
    patterns = {
        "r50k": r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s""",
        "cl100k": r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s""",
    }

    def __init__(self, name, file):
        lines = [line.split() for line in open(file, "rb").read().splitlines() if line]
        ranks = {base64.b64decode(token): int(rank) for token, rank in lines}
        self.it = tiktoken.Encoding(name, pat_str=self.patterns[name], mergeable_ranks=ranks, special_tokens={})

    def all(self, texts):
        return [self.it.encode_ordinary(t) for t in texts]


class Sentencepiece:
    def __init__(self, file):
        self.it = sentencepiece.SentencePieceProcessor(model_file=file)

    def all(self, texts):
        return self.it.encode(texts, num_threads=1)


def load_tokenizer(kind, *what):
    if kind == "hf" and tokenizers:
        peers["HF tokenizers"] = HF(*what)
    elif kind == "tiktoken" and tiktoken:
        peers["tiktoken"] = Tiktoken(*what)
    elif kind == "sentencepiece" and sentencepiece:
        peers["sentencepiece"] = Sentencepiece(*what)
    else:
        return "no " + kind
    return "ok"


def read_texts(file):
    bytes_, at, out = open(file, "rb").read(), 0, []
    while at < len(bytes_):
        line = bytes_.index(b"\n", at)
        size = int(bytes_[at:line])
        out.append(bytes_[line + 1 : line + 1 + size].decode())
        at = line + 1 + size
    return out


def sum_of(all_ids):
    ids = np.array([i for one in all_ids for i in one], np.uint64)
    return int(((np.arange(len(ids), dtype=np.uint64) % np.uint64(1009) + np.uint64(1)) * (ids + np.uint64(1))).sum())


# ---- encoders


def bert_graph(folder):
    """What onnxruntime.transformers makes of an exported BERT, built from its weights: fused attention, norms and gelu."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    config = json.load(open(folder + "/config.json"))
    raw = open(folder + "/model.safetensors", "rb").read()
    size = int.from_bytes(raw[:8], "little")
    head = json.loads(raw[8 : 8 + size])

    def weight(name):
        t = head[name]
        begin, end = t["data_offsets"]
        return np.frombuffer(raw[8 + size + begin : 8 + size + end], np.float32).reshape(t["shape"])

    nodes, weights = [], []

    def const(name, value):
        weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(op, inputs, output, domain="", **attributes):
        nodes.append(helper.make_node(op, inputs, [output] if isinstance(output, str) else output, domain=domain, **attributes))
        return output if isinstance(output, str) else output[0]

    ms, eps = "com.microsoft", config["layer_norm_eps"]
    e = "embeddings."
    x, _ = node(
        "EmbedLayerNormalization",
        ["ids", "types", const("w", weight(e + "word_embeddings.weight")), const("p", weight(e + "position_embeddings.weight")),
         const("t", weight(e + "token_type_embeddings.weight")), const("ng", weight(e + "LayerNorm.weight")),
         const("nb", weight(e + "LayerNorm.bias")), "mask"],
        ["x", "index"], ms, epsilon=eps,
    ), None
    for i in range(config["num_hidden_layers"]):
        l = f"encoder.layer.{i}."
        qkv = [weight(f"{l}attention.self.{n}.weight").T for n in ("query", "key", "value")]
        b = [weight(f"{l}attention.self.{n}.bias") for n in ("query", "key", "value")]
        a = node("Attention", [x, const(l + "qkv", np.concatenate(qkv, 1)), const(l + "b", np.concatenate(b)), "index"],
                 l + "a", ms, num_heads=config["num_attention_heads"])

        def dense(at, x, out):
            return node("MatMul", [x, const(l + at + "w", weight(l + at + "weight").T)], l + out)

        def norm(at, x, skip, bias, out):
            return node("SkipLayerNormalization",
                        [x, skip, const(l + at + "g", weight(l + at + "weight")), const(l + at + "b", weight(l + at + "bias")), bias],
                        l + out, ms, epsilon=eps)

        o = dense("attention.output.dense.", a, "o")
        h = norm("attention.output.LayerNorm.", o, x, const(l + "ob", weight(l + "attention.output.dense.bias")), "h")
        up = node("BiasGelu", [dense("intermediate.dense.", h, "u"), const(l + "ub", weight(l + "intermediate.dense.bias"))], l + "g", ms)
        x = norm("output.LayerNorm.", dense("output.dense.", up, "d"), h, const(l + "db", weight(l + "output.dense.bias")), "y")
    node("Cast", ["mask"], "m", to=TensorProto.FLOAT)
    node("Unsqueeze", ["m", const("two", np.array([2], np.int64))], "m3")
    node("Mul", [x, "m3"], "masked")
    node("ReduceSum", ["masked", const("one", np.array([1], np.int64))], "sum", keepdims=0)
    node("LpNormalization", ["sum"], "vectors", axis=1, p=2)  # the mean's direction
    two = ["batch", "tokens"]
    graph = helper.make_graph(
        nodes, "bert",
        [helper.make_tensor_value_info(n, TensorProto.INT32, two) for n in ("ids", "types", "mask")],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["batch", config["hidden_size"]])], weights,
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(ms, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()


def load_minilm(folder):
    if not onnxruntime:
        return "no onnxruntime"
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    global session
    session = onnxruntime.InferenceSession(bert_graph(folder), options, providers=["CPUExecutionProvider"])
    return "ok"


def read_batches(file):
    if session is None:
        return "no session"
    batches.clear()
    for line in open(file):
        rows = [[int(i) for i in one.split()] for one in line.strip().split(";") if one.strip()]
        longest = max(map(len, rows))
        ids = np.zeros((len(rows), longest), np.int32)
        mask = np.zeros_like(ids)
        for r, one in enumerate(rows):
            ids[r, : len(one)] = one
            mask[r, : len(one)] = 1
        batches.append({"ids": ids, "types": np.zeros_like(ids), "mask": mask})
    return repr(float(sum(np.abs(session.run(None, b)[0].astype(np.float64)).sum() for b in batches)))


# ---- decoders


class Llama:
    prompt, steps = 512, 32

    def __init__(self, fmt, threads, file):
        if fmt != "Q4_1":
            made = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"smollm2.{fmt}.gguf")
            if not os.path.exists(made):
                how = llama_cpp.llama_model_quantize_default_params()
                how.ftype = {"Q4_0": 2, "Q8_0": 7, "F16": 1, "F32": 0}[fmt]
                how.allow_requantize = True
                if llama_cpp.llama_model_quantize(file.encode(), (made + "~").encode(), how) != 0:
                    raise RuntimeError("quantize")
                os.rename(made + "~", made)
            file = made
        self.model = llama_cpp.llama_model_load_from_file(file.encode(), llama_cpp.llama_model_default_params())
        how = llama_cpp.llama_context_default_params()
        how.n_ctx, how.n_batch, how.n_ubatch = 1024, 512, 512
        how.n_threads = how.n_threads_batch = threads
        self.context = llama_cpp.llama_init_from_model(self.model, how)
        ids = [100 + i * 7919 % 40000 for i in range(self.prompt + self.steps)]
        self.ids = (llama_cpp.llama_token * len(ids))(*ids)
        self.memory, self.size = llama_cpp.llama_get_memory(self.context), 0

    def read(self, first, n):
        at = (llama_cpp.llama_token * n).from_buffer(self.ids, first * 4)
        if llama_cpp.llama_decode(self.context, llama_cpp.llama_batch_get_one(at, n)) != 0:
            raise RuntimeError("decode")
        self.size = first + n
        llama_cpp.llama_get_logits_ith(self.context, -1)

    def back_to(self, n):
        llama_cpp.llama_memory_seq_rm(self.memory, 0, n, -1)
        self.size = min(self.size, n)

    def prefill(self, times):
        begin = time.perf_counter()
        for _ in range(times):
            self.back_to(0)
            self.read(0, self.prompt)
        return time.perf_counter() - begin

    def decode(self, start, times):
        if self.size < start:  # the same ids every time: what is there may stay
            self.back_to(0)
            self.read(0, start)
        begin = time.perf_counter()
        for _ in range(times):
            self.back_to(start)
            for i in range(self.steps):
                self.read(start + i, 1)
        return time.perf_counter() - begin


def load_llama(fmt, threads, file):
    if not llama_cpp:
        return "no llama_cpp"
    if not llamas:
        llama_cpp.llama_log_set(quiet, None)
        llama_cpp.llama_backend_init()
    for key in [k for k in llamas if k[1] != threads]:
        del llamas[key]
    if (fmt, threads) not in llamas:
        llamas[fmt, threads] = Llama(fmt, int(threads), file)
    return "ok"


if llama_cpp:

    @llama_cpp.llama_log_callback
    def quiet(level, text, data):
        pass


there = [
    f"{name} {p.__version__}"
    for name, p in (("onnxruntime", onnxruntime), ("tokenizers", tokenizers), ("tiktoken", tiktoken),
                    ("sentencepiece", sentencepiece), ("llama-cpp-python", llama_cpp))
    if p
]
say(", ".join(there) or "no packages")
peers, texts, session, batches, llamas = {}, [], None, [], {}
for line in sys.stdin:
    command, *words = line.split()
    try:
        if command == "texts":
            texts = read_texts(words[0])
            say("ok")
        elif command == "tokenizer":
            say(load_tokenizer(*words))
        elif command == "ids":
            say(sum_of(peers[" ".join(words)].all(texts)))
        elif command == "encode":
            peer = peers[" ".join(words[:-1])]
            begin = time.perf_counter()
            for _ in range(int(words[-1])):
                peer.all(texts)
            say(time.perf_counter() - begin)
        elif command == "minilm":
            say(load_minilm(words[0]))
        elif command == "batches":
            say(read_batches(words[0]))
        elif command == "encode_ids":
            begin = time.perf_counter()
            for _ in range(int(words[0])):
                for b in batches:
                    session.run(None, b)
            say(time.perf_counter() - begin)
        elif command == "llama":
            say(load_llama(*words))
        elif command == "llama_prefill":
            say(llamas[words[0], words[1]].prefill(int(words[2])))
        elif command == "llama_decode":
            say(llamas[words[1], words[2]].decode(int(words[0]), int(words[3])))
        else:
            say("no such command")
    except Exception as why:
        print(f"{command}: {why!r}", file=sys.stderr)
        say("no: it failed")
