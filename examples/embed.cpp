// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Turns texts into vectors.
// needs: nlohmann-json3-dev libcli11-dev
// links: graft_tools

#include "support/embedders.hpp"
#include "support/json_line.hpp"

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
template <class Embedder>
matrix<float> rows_of(const arguments& args, const console& say, const Embedder& embed,
                      const std::vector<record>& records, bool as_query) {
    std::vector<text_view> texts;
    for (const record& r : records)
        texts.push_back({as_query ? std::string_view{} : std::string_view(r.title), r.text});
    matrix<float> rows(texts.size(), embed.dims());
    context       w;
    stopwatch     clock;
    const auto    run = [&]() -> result<void> {
        if constexpr (requires { embed.encode_query(texts, rows.view(), w); })
            if (as_query) return embed.encode_query(texts, rows.view(), w);
        return embed.encode(texts, rows.view(), w);
    };
    say.need(run());
    if (args.timing()) say.note("embedded in " + std::to_string(clock.lap()) + " ms");
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
    const arguments args(argc, argv, "embed", "FILE", "Turns the texts of a JSON Lines file into vectors.",
                         {{"model", "hashed|lsa", "lsa", "the embedder"},
                          {"fit", "FILE", "", "records to fit it on; FILE itself if absent"},
                          {"dims", "N", "256", "numbers a vector"},
                          {"as", "passage|query", "passage", "what the texts are: an adapter turns queries only"},
                          {"adapter", "FILE", "", "a query adapter"},
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
        return with_embedder(args, say, flags, as_chunks(args.has("fit") ? others : records), [&](const auto& embed) {
            print(args, say, records, rows_of(args, say, embed, records, as_query));
            return refused > 0 ? exit_some_refused : exit_done;
        });
    });
}
