// SPDX-License-Identifier: MIT
#include "pairs.hpp"
#include "results.hpp"

#include <phiscope/leave_one_out.hpp>
#include <phiscope/row_deletions.hpp>

/// How does one row or word affect the structure?
namespace phiscope::python {
namespace {

using nb::literals::operator""_a;

template <class T>
LeaveOneOut compare(const Borrowed& full, const Integers64& full_words, const Borrowed& without,
                    const Integers64& without_words, const Partition& partition, Cross cross,
                    PhiRatioOptions options) {
  const nb::gil_scoped_release unlocked;
  return leave_one_out<T>({.rows = full.matrix<T>(), .words = full_words.span},
                          {.rows = without.matrix<T>(), .words = without_words.span}, partition,
                          cross, options);
}

void bind_leave_one_out(nb::module_& m) {
  constexpr PhiRatioOptions defaults;
  define(
      m, "leave_one_out",
      [](const Array& full, const Array& full_words, const Array& without,
         const Array& without_words, const Array& cluster, const std::optional<Array>& group,
         const std::string& cross, double relative, double absolute) {
        const Integers64 words(full_words, "full_words");
        const Integers64 other_words(without_words, "without_words");
        Borrowed rows = borrow_matrix(full, "full");
        Borrowed others = borrow_matrix(without, "without");
        const Partition partition = partition_of(cluster, group);
        const PhiRatioOptions options{.relative_floor = relative, .absolute_floor = absolute};
        if (rows.is_float && others.is_float) {
          return compare<float>(rows, words, others, other_words, partition, cross_of(cross),
                                options);
        }
        rows = borrow_matrix(full, "full", true);
        others = borrow_matrix(without, "without", true);
        return compare<double>(rows, words, others, other_words, partition, cross_of(cross),
                               options);
      },
      "full"_a, "full_words"_a, "without"_a, "without_words"_a, "cluster"_a, "group"_a = nb::none(),
      nb::kw_only(), "cross"_a = "groups", "relative_floor"_a = defaults.relative_floor,
      "absolute_floor"_a = defaults.absolute_floor);
}

}  // namespace

void bind_influence(nb::module_& m) {
  Result<Influence>(m, "Influence")
      .field("ratio", &Influence::ratio)
      .field("cross", &Influence::cross)
      .field("within", &Influence::within)
      .field("energy", &Influence::energy);
  Result<LeaveOneOut>(m, "LeaveOneOut")
      .field("own_pairs", &LeaveOneOut::own_pairs)
      .field("common_pairs", &LeaveOneOut::common_pairs)
      .field("pairs_changed", &LeaveOneOut::pairs_changed);
  define(m, "influence", &influence, "full"_a, "without"_a);
  bind_leave_one_out(m);
  constexpr PhiRatioOptions defaults;
  define(
      m, "row_deletions",
      [](const Array& rows, const PairSet& pairs, double relative, double absolute) {
        return with_rows(rows, "rows", [&](auto r) {
          return row_deletions(r, pairs, {.relative_floor = relative, .absolute_floor = absolute});
        });
      },
      "rows"_a, "pairs"_a, nb::kw_only(), "relative_floor"_a = defaults.relative_floor,
      "absolute_floor"_a = defaults.absolute_floor);
}

}  // namespace phiscope::python
