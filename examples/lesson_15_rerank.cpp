// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// Lesson 15: re-rank.
//
// A search is quick and looks at each chunk alone. A reranker reads the question and a chunk together, takes its time, and puts the
// best first: so it reads only what a search found. Any type with `score` is one. A cross-encoder, the model that is trained for it,
// stands in the same place:
//
//     const auto judge = load_cross_encoder(posix_files{}, "models/ms-marco-MiniLM-L6-v2", c).value();
//
// This one is made of all-MiniLM-L6-v2, which `examples/models.sh minilm` brings (84 MB): a token of the question looks for the token of
// the chunk that is most like it, and the mean of these is the score (late interaction, as ColBERT has it).
// needs: nlohmann-json3-dev
// model: minilm

#include <graft/chunk/markdown.hpp>
#include <graft/chunk/split_documents.hpp>
#include <graft/embed/sentence_encoder_folder.hpp>
#include <graft/index/bm25.hpp>
#include <graft/load/folder.hpp>
#include <graft/retrieve/rerank.hpp>
#include <graft/retrieve/rerank_by_model.hpp>
#include <graft/retrieve/search.hpp>
#include <graft/schema/ingest.hpp>
#include <graft/simd/dot.hpp>
#include <graft/store/posix.hpp>

#include <algorithm>
#include <cstdio>

namespace mine {

class late_interaction {
    const graft::sentence_encoder* model_;

    /// A row for each token of a text, of length 1.
    graft::result<graft::matrix_view<float>> rows_of(std::string_view text, graft::context& c) const {
        const auto t = model_->words().encode(text, c, {.max_tokens = model_->max_tokens()});
        if (!t) return t.error();
        const graft::matrix_view<float> rows{c.take<float>(t->size() * model_->dims()).data(), t->size(),
                                             model_->dims()};
        const std::size_t               ends[] = {t->size()};
        if (auto ok = model_->model().forward({t->ids, t->types, ends}, rows, {}, nullptr, c); !ok) return ok.error();
        for (std::size_t i = 0; i < rows.rows; ++i) (void)graft::normalise(rows.row(i));
        return rows;
    }

public:
    explicit late_interaction(const graft::sentence_encoder& model) : model_(&model) {}

    graft::result<void> score(std::string_view question, std::span<const graft::text_view> passages,
                              std::span<float> scores, graft::context& c) const {
        const graft::arena::scope mine(c);
        const auto                asked = rows_of(question, c);
        if (!asked) return asked.error();
        for (std::size_t p = 0; p < passages.size(); ++p) {
            const graft::arena::scope here(c); // what a passage needs is given back
            const auto                read = rows_of(passages[p].body, c);
            if (!read) return read.error();
            for (std::size_t q = 0; q < asked->rows; ++q) {
                float most = -1;
                for (std::size_t t = 0; t < read->rows; ++t)
                    most = std::max(most, graft::dot(asked->row(q), read->row(t)));
                scores[p] += most / static_cast<float>(asked->rows);
            }
        }
        return graft::done;
    }
};

} // namespace mine

using namespace graft::flow; // the words of pipelines: index_into, ingest, rerank, search, top

int main() {
    static_assert(graft::reranker<mine::late_interaction>);
    graft::context c;
    const auto     encoder = graft::load_sentence_encoder(graft::posix_files{}, "build/models/minilm", c);
    if (!encoder) {
        std::fprintf(stderr, "%s\nexamples/models.sh minilm brings it\n", describe(encoder.error()).c_str());
        return 1;
    }
    const mine::late_interaction judge(*encoder);

    const graft::corpus      docs   = graft::load_folder("examples/handbook").value();
    const graft::chunk_store chunks = graft::split_documents(docs, graft::markdown{}).value();
    graft::bm25              words;
    ingest(index_into(words))(chunks).value();

    const auto show = [&](const char* how, const auto& find) {
        const auto f = find("Are meals paid when I work from home?", c).value();
        std::printf("%s\n", how);
        for (const graft::hit& h : f.hits) {
            const auto text = chunks.find(h.id).value().text.body;
            std::printf("  %6.3f  %s: %.*s\n", static_cast<double>(h.score), chunks.document_of(h.id)->name.c_str(),
                        static_cast<int>(std::min<std::size_t>(text.find('\n'), 40)), text.data());
        }
    };
    show("words", search(words) | top(3));
    show("the best eight, reread by the model", search(words) | rerank(judge, chunks, {.k = 8}) | top(3));
    show("both, half and half", search(words) | rerank(judge, chunks, {.k = 8, .blend = .5f}) | top(3));
    show("reread by words, which needs no model", search(words) | rerank(chunks) | top(3));
}
