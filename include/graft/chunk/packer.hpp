// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/hash.hpp>
#include <graft/chunk/grain.hpp>
#include <graft/chunk/pieces.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

namespace graft::inline GRAFT_ABI::detail {

/// Fills chunks with grains: what all ready chunkers have in common. They say which grains a text has; this says where a chunk
/// ends.
///
/// Grains are placed in order. One that does not fit closes the chunk, or is divided: when no chunk could hold it, or when
/// the chunk is not half full and the grain is a coarse one. A closed chunk ends at the best of the grains' ends behind five
/// eighths of its room: the coarsest, and among equals the one whose following bytes have the least hash. So the ends depend
/// on what stands near them, not on where the chunks before happened to end, and after an edit the old ends come back.
///
/// Costs    an additive counter sees a byte once, and once more for each coarser grain that had to be divided; another
///          counter sees it once more, for the whole chunk, and again where a chunk was over the limit.
/// Fails    `bad_argument` with the byte, where a single code point has more tokens than a chunk may hold.
template <token_counter Counter>
class packer {
    static constexpr bool exact = additive_counter<Counter>;

    struct mark { // the end of a grain
        std::size_t  at;
        std::int64_t total; // tokens placed up to here
        grain        what;
        bool         loose; // an additive counter may count less across it
    };

    chunk_writer*     out_;
    const Counter*    count_;
    std::size_t       overlap_;
    std::string_view  text_;
    std::vector<mark> marks_;                                 // behind begin_, up to end_
    std::size_t       first_ = 0;                             // of marks_: the first one that counts
    std::size_t       begin_ = 0;                             // of the chunk, its overlap included
    std::size_t       done_  = 0;                             // the end of the last chunk
    std::size_t       end_   = 0;                             // of the last grain
    std::int64_t      base_ = 0, done_total_ = 0, total_ = 0; // tokens placed up to begin_, done_, end_
    std::int64_t      limit_     = 0;
    bool              any_loose_ = false;

public:
    packer(chunk_writer& out, const Counter& count, std::size_t overlap)
        : out_(&out), count_(&count), overlap_(overlap), text_(out.text()) {
        begin_ = done_ = end_ = out.begin();
        limit_                = static_cast<std::int64_t>(out.limit(begin_));
    }

    /// Places bytes [begin, end), which follow those placed before, as one grain.
    void place(std::size_t begin, std::size_t end, grain g) {
        if (begin < end && out_->ok()) place(begin, end, g, measure(begin, end));
    }
    /// Places a lead-in [lead, begin) and what it leads to, [begin, end): as one grain where a chunk could hold both.
    void place_led(std::size_t lead, std::size_t begin, std::size_t end, grain g) {
        if (!out_->ok()) return;
        if (const std::int64_t n = measure(lead, end); n <= static_cast<std::int64_t>(out_->limit(lead))) {
            place(lead, end, g, n);
        } else {
            place(lead, begin, grain::prose);
            place(begin, end, g);
        }
    }
    /// Places [begin, end) as grains of that kind.
    void place_all(std::size_t begin, std::size_t end, grain g) {
        for (std::size_t at = begin; at < end && out_->ok();) {
            const std::size_t next = next_grain(g, text_, at, end);
            place(at, next, g);
            at = next;
        }
    }
    /// Places [begin, end) as words: in longer stretches while the chunk has room, since no chunk ends there.
    void place_words(std::size_t begin, std::size_t end) {
        constexpr std::size_t stretch = 192;
        bool                  near    = false; // stretches no longer fit
        for (std::size_t at = begin, last = done_; at < end && out_->ok();) {
            near = near && last == done_;
            last = done_;
            if (!near && end - at > 2 * stretch) {
                const std::size_t next = next_word(text_, unicode::boundary_before(text_, at + stretch), end);
                if (const std::int64_t n = measure(at, next); total_ + n < low()) {
                    append(next, n, grain::word);
                    at = next;
                    continue;
                }
                near = true;
            }
            std::size_t       words = 0;
            const std::size_t next  = next_word(text_, at, end, words);
            const auto n = std::is_same_v<Counter, count_words> ? static_cast<std::int64_t>(words) : measure(at, next);
            if (std::is_same_v<Counter, count_words> && total_ - base_ + n <= limit_) {
                total_ += n; // as `append`, but nothing is loose where words of that counter end
                marks_.push_back({end_ = next, total_, grain::word, false});
            } else {
                place(at, next, grain::word, n);
            }
            at = next;
        }
    }
    /// Ends the chunk here: nothing behind shares one, or an overlap, with anything before.
    void reset() {
        while (end_ > done_ && out_->ok()) give(true);
        begin_ = done_ = end_;
        base_ = done_total_ = total_;
        marks_.clear();
        first_ = 0;
        limit_ = static_cast<std::int64_t>(out_->limit(begin_));
    }
    /// Gives out what is left.
    void finish() { reset(); }

    /// Whether nothing has been placed since the last chunk.
    [[nodiscard]] bool empty() const noexcept { return end_ == done_; }

private:
    [[nodiscard]] std::int64_t measure(std::size_t begin, std::size_t end) const {
        return static_cast<std::int64_t>(count_->count(text_.substr(begin, end - begin)));
    }

    void place(std::size_t begin, std::size_t end, grain g, std::int64_t n) {
        for (;;) {
            if (total_ - base_ + n <= limit_) return append(end, n, g);
            const bool whole = g == grain::scalar || n <= static_cast<std::int64_t>(out_->limit(begin));
            if (!whole || !waits(g)) break;
            if (end_ > done_) close();
            else if (begin_ < done_) drop_overlap();
            else break;
            if (!out_->ok()) return;
        }
        if (g == grain::scalar) {
            out_->fail(error{fault::bad_argument, unit::byte, begin, out_->of().name});
            return;
        }
        const grain sub = finer(g);
        for (std::size_t at = begin; at < end && out_->ok();) {
            const std::size_t next = next_grain(sub, text_, at, end);
            place(at, next, sub, at == begin && next == end ? n : measure(at, next));
            at = next;
        }
    }

    /// Whether a grain that does not fit is kept whole for the next chunk.
    [[nodiscard]] bool waits(grain g) const noexcept {
        switch (g) {
        case grain::line:
        case grain::item:
        case grain::paragraph:
        case grain::prose:
        case grain::list: return 2 * (total_ - done_total_) >= limit_ - (done_total_ - base_);
        default: return true;
        }
    }

    void append(std::size_t end, std::int64_t n, grain g) {
        total_ += n;
        end_       = end;
        bool loose = false;
        if constexpr (exact) {
            const auto last = static_cast<unsigned char>(text_[end - 1]);
            loose           = last != ' ' && last != '\n' && end < text_.size() && !parts(end);
            any_loose_      = any_loose_ || loose;
        }
        marks_.push_back({end, total_, g, loose});
    }
    /// Whether words end at `at` whatever they are: behind white space, beside a character that stands alone.
    [[nodiscard]] bool parts(std::size_t at) const noexcept {
        if (stands_alone(unicode::decode(text_, at).scalar)) return true;
        std::size_t before = at - 1;
        while (before > 0 && !unicode::is_boundary(text_, before)) --before;
        return space_at(text_, before, at) > 0 || stands_alone(unicode::decode(text_, before).scalar);
    }

    void drop_overlap() {
        begin_ = done_;
        base_  = done_total_;
        limit_ = static_cast<std::int64_t>(out_->limit(begin_));
    }

    /// Gives chunks out until what is left could be one.
    void close() {
        do give(false);
        while (out_->ok() && end_ > done_ && total_ - base_ > limit_);
    }

    [[nodiscard]] std::uint64_t anchor(std::size_t at) const noexcept { return hash64(text_.substr(at, 24)); }

    /// Gives out one chunk. The last one takes all that is left, if it may.
    void give(bool last) {
        std::size_t fresh = first_;
        while (marks_[fresh].at <= done_) ++fresh;
        if (marks_[fresh].total - base_ > limit_ && begin_ < done_) drop_overlap();

        // The last end within the limit, and the best one.
        std::size_t        latest = marks_.size(), best = marks_.size();
        const std::int64_t least_total = low();
        std::uint64_t      least       = 0;
        for (std::size_t i = marks_.size(); i-- > fresh;) {
            if (marks_[i].total - base_ > limit_) continue;
            if (latest == marks_.size()) latest = i;
            if (last || marks_[i].total < least_total) break;
            if (best != marks_.size() && rank_of(marks_[i].what) < rank_of(marks_[best].what)) continue;
            const std::uint64_t h = anchor(marks_[i].at);
            if (best == marks_.size() || rank_of(marks_[i].what) > rank_of(marks_[best].what) || h < least) {
                best  = i;
                least = h;
            }
        }
        if (latest == marks_.size()) return divide(fresh);
        if (best == marks_.size() ||
            total_ - marks_[best].total > static_cast<std::int64_t>(out_->limit(marks_[best].at)))
            best = latest;

        std::size_t tokens = count_to(best);
        for (unsigned step = 0; tokens > out_->room(); ++step) {
            if (begin_ < done_) {
                drop_overlap();
            } else if (best == fresh) {
                return divide(fresh);
            } else {
                // Counted together they are more than the sum: take off what is too much, then twice that, …
                const auto         over   = static_cast<std::int64_t>(tokens - out_->room()) << (step < 30 ? step : 30);
                const std::int64_t target = marks_[best].total - over;
                do --best;
                while (best > fresh && marks_[best].total > target);
            }
            tokens = count_to(best);
        }
        out_->emit(begin_, marks_[best].at, tokens);
        advance(best);
    }

    /// From this total on a grain's end may end the chunk, if it can be chosen.
    [[nodiscard]] std::int64_t low() const noexcept { return done_total_ + (base_ + limit_ - done_total_) * 5 / 8; }

    /// The tokens of the chunk if it ended at a mark.
    [[nodiscard]] std::size_t count_to(std::size_t i) const {
        if constexpr (exact) {
            bool loose = false;
            if (any_loose_)
                for (std::size_t k = first_; k < i && !loose; ++k) loose = marks_[k].loose && marks_[k].at > begin_;
            if (!loose) {
                const auto limit = static_cast<std::int64_t>(out_->limit(begin_));
                return out_->room() - static_cast<std::size_t>(limit - (marks_[i].total - base_));
            }
        }
        return out_->tokens(begin_, marks_[i].at);
    }

    /// Goes on behind mark `i`, which a chunk has ended at.
    void advance(std::size_t i) {
        const std::size_t end = marks_[i].at;
        done_                 = end;
        done_total_           = marks_[i].total;
        std::size_t  from     = end;
        std::int64_t repeated = 0;
        if (overlap_ > 0) from = overlap_from(i, repeated);
        begin_ = from;
        base_  = done_total_ - repeated;
        limit_ = static_cast<std::int64_t>(out_->limit(begin_));
        if (begin_ < done_ && (repeated >= limit_ || total_ - base_ > limit_)) drop_overlap();
        while (first_ < marks_.size() && marks_[first_].at <= begin_) ++first_;
        if (first_ > 256 && 2 * first_ > marks_.size()) {
            marks_.erase(marks_.begin(), marks_.begin() + static_cast<std::ptrdiff_t>(first_));
            first_ = 0;
        }
    }

    /// Where the overlap begins that ends at mark `i`: whole grains, those of a coarse grain divided, at most `overlap_` tokens.
    [[nodiscard]] std::size_t overlap_from(std::size_t i, std::int64_t& repeated) const {
        const auto        most = static_cast<std::int64_t>(overlap_);
        const std::size_t end  = marks_[i].at;
        std::size_t       from = end, k = i;
        repeated = 0;
        for (; k > first_ && marks_[k - 1].at > begin_ && marks_[i].total - marks_[k - 1].total <= most; --k) {
            from     = marks_[k - 1].at;
            repeated = marks_[i].total - marks_[k - 1].total;
        }
        grain sub = marks_[k].what; // the grain that ends at `from`
        if (rank_of(sub) > 3) {
            while (rank_of(sub) > 3) sub = finer(sub);
            const std::size_t        start = k > first_ && marks_[k - 1].at > begin_ ? marks_[k - 1].at : begin_;
            std::vector<std::size_t> begins;
            for (std::size_t at = start; at < from; at = next_grain(sub, text_, at, from)) begins.push_back(at);
            for (std::size_t b = begins.size(); b-- > 1;) {
                const std::int64_t n = measure(begins[b], from);
                if (repeated + n > most) break;
                repeated += n;
                from = begins[b];
            }
        }
        if (from < end) {
            repeated = measure(from, end);
            if (repeated > most) {
                from     = end;
                repeated = 0;
            }
        }
        return from;
    }

    /// Cuts the grain that ends at mark `i` where nothing else helped: by halves, at white space if there is some near.
    void divide(std::size_t i) {
        if (begin_ < done_) drop_overlap();
        const std::size_t end = marks_[i].at;
        std::size_t       cut = end;
        for (;;) {
            const std::size_t before = cut;
            cut                      = begin_ + (cut - begin_) / 2;
            for (std::size_t k = cut; k > begin_ + (cut - begin_) * 3 / 4; --k)
                if (text_[k - 1] == ' ' || text_[k - 1] == '\n') {
                    cut = k;
                    break;
                }
            while (cut > begin_ && !unicode::is_boundary(text_, cut)) --cut;
            if (cut == begin_) cut += unicode::decode(text_, begin_).length;
            if (cut >= before) {
                out_->fail(error{fault::bad_argument, unit::byte, begin_, out_->of().name});
                return;
            }
            if (const std::size_t tokens = out_->tokens(begin_, cut); tokens <= out_->room()) {
                out_->emit(begin_, cut, tokens);
                break;
            }
        }
        const std::int64_t rest = measure(cut, end);
        begin_ = done_ = cut;
        base_ = done_total_ = marks_[i].total - rest;
        limit_              = static_cast<std::int64_t>(out_->limit(begin_));
    }
};

/// What the cuts of a ready chunker depend on.
template <token_counter Counter>
[[nodiscard]] std::uint64_t packing_fingerprint(std::uint64_t kind, std::size_t size, std::size_t overlap,
                                                const Counter& count) {
    if constexpr (requires {
                      { count.fingerprint() } -> std::convertible_to<std::uint64_t>;
                  })
        return mix64(mix64(mix64(mix64(1, kind), size), overlap), count.fingerprint());
    else return 0;
}

} // namespace graft::inline GRAFT_ABI::detail
