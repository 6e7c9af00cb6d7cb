// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Turns texts into vectors.
// needs: nlohmann-json3-dev libcli11-dev libgumbo-dev
// links: graft_tools

#include "support/embedders.hpp"
#include "support/json_line.hpp"

#include <graft/base/pool.hpp>

#include <algorithm>

using namespace graft;
using namespace tool;

namespace {

/// Writes rows as a NumPy array of little-endian floats (format 1.0).
result<void> write_npy(const std::string& file, matrix_view<const float> rows) {
    std::string head = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(rows.rows) + ", " +
                       std::to_string(rows.dims) + "), }";
    head.resize((head.size() + 1 + 10 + 63) / 64 * 64 - 10 - 1, ' ');
    head += '\n';
    std::string out("\x93NUMPY\x01\x00", 8);
    out += static_cast<char>(head.size() & 0xFF);
    out += static_cast<char>(head.size() >> 8);
    out += head;
    out.append(reinterpret_cast<const char*>(rows.data), rows.rows * rows.dims * sizeof(float));
    std::FILE* to   = std::fopen(file.c_str(), "wb");
    bool       good = to != nullptr && std::fwrite(out.data(), 1, out.size(), to) == out.size();
    good            = to != nullptr && std::fclose(to) == 0 && good;
    if (!good) return error{fault::write_failed, unit::none, 0, file};
    return done;
}

/// The records as rows, passages or questions.
matrix<float> rows_of(const arguments& args, const console& say, const any_embedder& embed,
                      const std::vector<record>& records, bool as_query) {
    std::vector<text_view> texts;
    for (const record& r : records)
        texts.push_back({as_query ? std::string_view{} : std::string_view(r.title), r.text});
    matrix<float> rows(texts.size(), embed.dims());
    const pool    workers(args.threads());
    context       w{workers};
    progress_bar  bar(args, "embedding");
    w.progress = bar;
    stopwatch clock;
    say.need(as_query ? embed.encode_query(texts, rows.view(), w) : embed.encode(texts, rows.view(), w));
    const double ms = clock.lap();
    if (args.timing()) {
        std::size_t tokens = 0;
        for (const text_view& t : texts) {
            const arena::scope here(w);
            tokens += embed.tokens(t, w);
        }
        const auto rate = [&](std::size_t n) {
            return std::to_string(static_cast<double>(n) / std::max(ms, 1e-6) * 1000);
        };
        say.note("embedded in " + std::to_string(ms) + " ms, " + rate(texts.size()) + " texts a second" +
                 (tokens > 0 ? ", " + rate(tokens) + " tokens a second" : ""));
    }
    return rows;
}

void print(const arguments& args, const console& say, const std::vector<record>& records, const matrix<float>& rows) {
    if (args.has("npy")) return say.need(write_npy(args.text("npy"), rows.view()));
    for (std::size_t i = 0; i < records.size(); ++i) {
        json vector = json::array();
        for (float x : rows.row(i)) vector.push_back(number(x));
        print_line({{"id", records[i].id}, {"vector", std::move(vector)}});
    }
}

} // namespace

int main(int argc, char** argv) {
    const arguments args(
        argc, argv, "embed", "FILE", "Turns the texts of a JSON Lines file into vectors.",
        {{"model", "hashed|lsa|DIR|FILE", "lsa",
          "the embedder: fitted, or a sentence encoder, a static table, word vectors, a name of models.sh"},
         {"fit", "FILE", "", "records to fit it on; FILE itself if absent"},
         {"dims", "N", "256", "numbers a vector; of a model the first N, all if absent"},
         {"weights", "f32|bf16|i8", "f32",
          "how a sentence encoder holds its weights; the others are faster, and round"},
         {"as", "passage|query", "passage", "what the texts are: models and adapters may tell them apart"},
         {"adapter", "FILE|DIR", "",
          "a query adapter, or a LoRA adapter of the model, as `tune --task encoder` and PEFT make them"},
         {"questions-alone", "", "", "the LoRA adapter is for questions alone: passages are those of the bare model"},
         {"npy", "FILE", "", "write a NumPy array here instead of JSON Lines"}});
    return guarded(args, [&] {
        const console say(args);
        args.require(args.words().size() == 1, "name one FILE, or -");
        args.require_one_stdin({args.words()[0], args.text("fit")});
        const bool           as_query = args.choice("as", {"passage", "query"}) == "query";
        const embedder_flags flags(args, say);
        if (args.has("npy")) say.need_place(args.text("npy"));
        std::size_t         refused = 0;
        const auto          records = say.need(read_records(args.words()[0], say, refused));
        std::vector<record> others;
        if (args.has("fit")) others = say.need(read_records(args.text("fit"), say, refused));
        const any_embedder embed = ready_embedder(args, say, flags, as_chunks(args.has("fit") ? others : records));
        print(args, say, records, rows_of(args, say, embed, records, as_query));
        return refused > 0 ? exit_some_refused : exit_done;
    });
}
