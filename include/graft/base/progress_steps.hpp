// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/context.hpp>

#include <algorithm>
#include <cstddef>

namespace graft::inline GRAFT_ABI {

/// Makes one progress of those of several loops: each loop is a step of so many units of a whole.
///
///     progress_steps told(c, 100);
///     told.next(30);
///     if (auto ok = count(all, c); !ok) return ok; // whatever it tells is told as 0 … 30 of 100
///     told.next(70);
///     if (auto ok = factorise(c); !ok) return ok;
///     told.all();
///
/// Gives    what never falls, ends at the total, and is told no number twice. Steps may nest.
/// Borrows  the context, whose `progress` it takes until its own end.
/// Costs    nothing where nobody watches.
class progress_steps {
    context*     of_;
    progress_ref outer_;
    std::size_t  total_, begin_ = 0, size_ = 0, told_ = 0;

    void tell(std::size_t now) {
        if (now <= told_) return;
        told_ = now;
        outer_(now, total_);
    }

public:
    progress_steps(context& of, std::size_t total) : of_(&of), outer_(of.progress), total_(total) {
        if (outer_) of.progress = *this;
    }
    progress_steps(const progress_steps&)            = delete;
    progress_steps& operator=(const progress_steps&) = delete;
    ~progress_steps() { of_->progress = outer_; }

    /// The step before is over; what is told from now on are the `size` units behind it.
    void next(std::size_t size) {
        begin_ = std::min(total_, begin_ + size_);
        size_  = std::min(size, total_ - begin_);
        if (outer_) tell(begin_);
    }
    /// Everything is over.
    void all() {
        if (outer_) tell(total_);
    }

    void operator()(std::size_t finished, std::size_t total) {
        const double share = total == 0 ? 1 : static_cast<double>(finished) / static_cast<double>(total);
        tell(begin_ + std::min(size_, static_cast<std::size_t>(share * static_cast<double>(size_))));
    }
};

} // namespace graft::inline GRAFT_ABI
