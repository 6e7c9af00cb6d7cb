// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0

// One query against many rows that lie in L1 or L2; as they come, and in panels.

#include "codes.hpp"

namespace bench {

void dots(suite& s) {
    for (const auto& [place, bytes] : {std::pair{"L1", std::size_t{24} << 10}, std::pair{"L2", std::size_t{512} << 10}})
        for (const std::size_t dims : {768u, 384u}) {
            const quantized_rows rows(bytes, dims);
            for (const own_dots& ours : all_own_dots) {
                field      all;
                const auto enter = [&](side by, std::string who, format query, work what) {
                    rows.check(s, what, who, query, ours.rows);
                    return all.enter(by, std::move(who), std::move(what));
                };
                const auto plain  = enter(side::ours, "graft", ours.query, rows.work_of(ours, *plain_build().by));
                const auto native = enter(side::native, "graft", ours.query, rows.work_of(ours, *native_build().by));
                for (const dots_peer& p : s.others.dots)
                    if (p.of == ours.rows && !p.packed) {
                        if (p.make) enter(side::peer, p.name, p.of, rows.work_of(p));
                        else all.absent.push_back(p.name);
                    }
                const auto   t = race(s.timing(.002, 25), all.all);
                const figure f{.name   = std::string(ours.name) + ", " + std::to_string(dims) + " dims, " + place,
                               .unit   = "ns a row",
                               .amount = 1e9 / static_cast<double>(rows.count(ours.rows)),
                               .way    = better::lower,
                               .bar    = dims == 768 ? bar(ours.zen4, ours.zen5) : std::nan("")};
                hold(s, f, t[plain], all, t);
                hold_native(s, f, t[plain], t[native]);
            }
            if (bytes < std::size_t{256} << 10) continue; // not one panel
            for (const format of : {format::f32, format::bf16, format::f16, format::i8, format::bits}) {
                field all;
                all.enter(side::ours, "graft", rows.panels_of(of, *plain_build().by));
                all.enter(side::native, "graft", rows.panels_of(of, *native_build().by));
                for (const dots_peer& p : s.others.dots)
                    if (p.of == of && p.packed && !p.make) {
                        all.absent.push_back(p.name);
                    } else if (p.of == of && p.packed) {
                        std::string who  = p.name;
                        work        what = rows.work_of(p);
                        rows.check(s, what, who, of, of);
                        // it has all the rows, panels only whole ones
                        const double n = static_cast<double>(rows.count(of));
                        all.enter(side::peer, who, what, std::floor(n / graft::panel_rows) * graft::panel_rows / n);
                    }
                const auto   t = race(s.timing(.002, 25), all.all);
                const figure f{.name = name_of(of) + " panels, one query, " + std::to_string(dims) + " dims, " + place,
                               .unit = "ns a row",
                               .amount =
                                   1e9 / static_cast<double>(rows.count(of) / graft::panel_rows * graft::panel_rows),
                               .way = better::lower};
                hold(s, f, t[0], all, t);
                hold_native(s, f, t[0], t[1]);
            }
        }
}

} // namespace bench
