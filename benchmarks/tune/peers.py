# SPDX-FileCopyrightText: 2026 The graft authors
# SPDX-License-Identifier: Apache-2.0
"""PEFT on torch, one line of answer for each line of command.

    model FILE                          a GGUF file of a Llama, decoded to floats                             -> ok
    tokens FILE                         a text a line: its prompt's ids, a bar, its answer's ids, of one length    -> ok
    lora RANK ALPHA THREADS PLACE...    a fresh LoRA on the layers of these names, and an AdamW for it         -> ok
    step N                              N steps over all texts in one batch                                  -> seconds
    memory                              the most that this process has held                                  -> MB
    logits FOLDER FILE                  of the first text behind each token, with the adapter in FOLDER, as floats into FILE -> ok
"""

import os
import resource
import sys
import time
import warnings

os.environ["TQDM_DISABLE"] = "1"
warnings.simplefilter("ignore", FutureWarning)

import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model

answers = sys.stdout
sys.stdout = sys.stderr
transformers.utils.logging.disable_progress_bar()


def say(text):
    answers.write(f"{text}\n")
    answers.flush()


class Peer:
    base = tuned = ids = labels = optimiser = None

    def model(self, file):
        self.base = transformers.AutoModelForCausalLM.from_pretrained(
            os.path.dirname(file), gguf_file=os.path.basename(file), dtype=torch.float32
        )
        return "ok"

    def tokens(self, file):
        texts = [[[int(i) for i in part.split()] for part in line.split("|")] for line in open(file)]
        self.ids = torch.tensor([prompt + answer for prompt, answer in texts])
        self.labels = torch.tensor([[-100] * len(prompt) + answer for prompt, answer in texts])
        return "ok"

    def plain(self):
        if self.tuned is not None:
            self.base = self.tuned.unload()
        self.tuned = None
        return self.base

    def lora(self, rank, alpha, threads, *places):
        torch.set_num_threads(int(threads))
        how = LoraConfig(r=int(rank), lora_alpha=int(alpha), target_modules=list(places), task_type="CAUSAL_LM")
        self.tuned = get_peft_model(self.plain(), how)
        self.tuned.train()
        self.optimiser = torch.optim.AdamW([p for p in self.tuned.parameters() if p.requires_grad], lr=1e-4)
        return "ok"

    def step(self, n):
        begin = time.perf_counter()
        for _ in range(int(n)):
            self.tuned(input_ids=self.ids, labels=self.labels, use_cache=False).loss.backward()
            torch.nn.utils.clip_grad_norm_(self.tuned.parameters(), 1.0)
            self.optimiser.step()
            self.optimiser.zero_grad(set_to_none=True)
        return time.perf_counter() - begin

    def memory(self):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    def logits(self, folder, file):
        self.tuned = PeftModel.from_pretrained(self.plain(), folder).eval()
        with torch.no_grad():
            self.tuned(input_ids=self.ids[:1]).logits[0].numpy().tofile(file)
        return "ok"


peer = Peer()
say(f"torch {torch.__version__}, transformers {transformers.__version__}, peft {__import__('peft').__version__}")
for line in sys.stdin:
    command, *words = line.split()
    try:
        say(getattr(peer, command)(*words))
    except Exception as e:  # the suite goes on without this row
        say(f"no {type(e).__name__}: {e}".replace("\n", " "))
