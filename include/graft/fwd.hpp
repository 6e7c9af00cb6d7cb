// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/version.hpp>

#include <concepts>
#include <cstdint>
#include <span>

// The table of contents: what there is, in the order in which things happen, and where. Templates with a constrained parameter
// cannot be declared without their concept; they stand here as comments. Aliases give the everyday names.
namespace graft::inline GRAFT_ABI {

// core/ : results
enum class fault : std::uint16_t; // result.hpp   what went wrong, with a sentence and a stable number
enum class unit : std::uint8_t;
struct error;
template <class T>
class result;
// core/ : memory and numbers
template <class T>
struct matrix_view; // matrix.hpp   rows [rows, dims] of somebody else
template <class T>
class matrix;
enum class page_advice : std::uint8_t; // pages.hpp
class context;                         // workspace.hpp   an arena for one query at a time
class counter_random;                  // random.hpp   Philox: the same numbers on every platform
class byte_writer;                     // bytes.hpp
class byte_reader;
struct digest256;  // sha256.hpp; hash64 in hash.hpp, crc32c in crc32c.hpp
struct sequential; // executor.hpp
class threads;
struct quietly;
enum class leaf_kind : std::uint8_t; // leaf.hpp   the leaves of a structured text: paragraphs, headings, rows of tables
struct leaf;
// core/ : what flows (values.hpp)
using chunk_id = std::uint64_t;
struct text_view;
struct chunk;
using chunks = std::span<const chunk>;
struct change;
struct query;
struct hit;
struct retrieved;
struct respelling;
struct passages;
template <class T>
struct embedded;
struct segment;
struct source;
struct prompt;
struct quoted_text;
struct citation;
struct answer;
// core/ : how it joins
struct stage_tag; // stage.hpp   what a stage is
template <class... T>
struct types;
struct keep_all; // roles.hpp   embedder, searcher, indexes, passage_source, generator, token_counter
struct keep_going;
struct lexical_evidence;
struct source_name;
template <class A, class B>
struct chain; // pipe.hpp   pipe(a, b, c) and a | b | c
template <class... Sinks>
struct ingestion; // tee.hpp   tee(sinks…) and into(index)
struct ingested;
struct trace_event; // trace.hpp   traced(pipeline, listener)

// text/ : documents
struct document;       // document.hpp
class corpus;          // corpus.hpp
class metadata;        // metadata.hpp
struct folder_options; // folder.hpp   load_folder(path)
struct block;          // block_parser.hpp   each_block (blocks.hpp), each_leaf and each_leaf_of(chunk) (leaves.hpp)
struct chunk_leaf;
struct analyzer; // analysis.hpp   words of every script, folded, stemmed
struct token;
class asked_words;   // asked_words.hpp   the words of a question, weighed, in any language
struct readable;     // readable.hpp   write_readable: what a reader sees of Markdown
struct passage_unit; // units.hpp   each_unit(chunk): sentences, items, rows
class unit_worth;    // unit_worth.hpp   what each is worth as an answer
class filter;        // index/filter.hpp   where("year") >= 2020
struct where;
class allowed;

// chunk/ : passages
class chunk_store;    // passages.hpp   the chunk store
struct split_options; // cut.hpp   cut(docs, chunker) and update(before, docs, chunker)
struct chunk_changes;
struct count_bytes; // counters.hpp
struct count_characters;
struct count_words;
// window, sentences, recursive, markdown: chunkers, each in its header, basic_x<token_counter>

// embed/ : vectors
template <class Analyser>
class basic_hashed; // hashed.hpp
using hashed = basic_hashed<analyzer>;
template <class Analyser>
class basic_lsa; // lsa.hpp
using lsa = basic_lsa<analyzer>;
// adapted<embedder> (adapted.hpp): an embedder and a query adapter

// math/ : what decides the speed
struct kernels;  // kernel_table.hpp   best_kernels(), kernels_named("avx2") and simd::active() in kernels.hpp
struct f32_rows; // formats.hpp   how a row is stored, and what that loses
struct bf16_rows;
struct f16_rows;
struct int8_rows;
struct binary_rows; // bits.hpp
struct cosine;      // distance.hpp   metrics
struct inner_product;
struct squared_distance;
// prefix<format> (prefix.hpp): the first dimensions; coded_rows<format> (coded_rows.hpp): rows and their scores;
// panels<format> (panels.hpp): rows as the register tile reads them; multiply_abt, _ab, _atb in product.hpp

// index/ : hits
// flat<metric, format> (flat.hpp): exact; hnsw<metric> (hnsw.hpp): a graph
struct hit_lists;
struct hnsw_params;
template <class Analyser>
class basic_bm25; // bm25.hpp
using bm25 = basic_bm25<analyzer>;
struct bm25_params;

// retrieve/
struct top;          // search.hpp   search(index, k, keep)
struct weighted_sum; // fuse.hpp   hybrid(dense, lexical, fusion)
struct rrf;
struct dbsf;
struct rerank_params; // reread.hpp   reread(shelf): order by the best sentence, and say the support
struct support_model; // support.hpp   the probability that the answer is here
struct threshold;     // threshold.hpp   no relevant source
// neighbours(shelf, n) in window.hpp; fuse::fit in fuse_fit.hpp

// prompt/ and generate/
struct prompt_params; // budget.hpp   cite(shelf, params, counter)
struct nonce;         // segments.hpp   render and parse
class mark_reader;    // marks.hpp
class claim_source;   // claim_source.hpp
class claim_words;    // claim.hpp   what verified means; read_citations and cite_quotes in citations.hpp
template <class Analyser>
struct basic_extractive; // extractive.hpp
using extractive = basic_extractive<analyzer>;

// adapt/, nn/ and tune/ : behaviour
struct lora_params; // lora.hpp   lora<Scalar>, identity<Scalar>
template <class Base>
struct with_lora;
struct query_adapter; // query_adapter.hpp
// linear<Scalar> in nn/linear.hpp
struct adamw_params;             // adamw.hpp
struct contrastive_row;          // info_nce.hpp
struct training_pairs;           // query_pairs.hpp
struct fit_query_adapter_params; // fit_query.hpp   fit_query(judged, base fingerprint, params)
struct fitted_query_adapter;

// store/
struct posix_files; // posix.hpp   the I/O seam, for real
class container;    // container.hpp   one checked file
class snapshot;     // snapshot.hpp   a generation, to read; store<file_system> in store.hpp, to write
class container_writer;

// eval/
struct ranked;   // ranking.hpp   ndcg, recall, average_precision, …
struct trec_run; // trec.hpp, trec_report.hpp
struct split;    // splits.hpp
struct interval; // bootstrap.hpp

} // namespace graft::inline GRAFT_ABI
