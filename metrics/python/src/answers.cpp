// SPDX-License-Identifier: MIT
#include "results.hpp"

#include <phiscope/answer_grade.hpp>
#include <phiscope/answer_number.hpp>
#include <phiscope/loop_period.hpp>
#include <phiscope/problem_difficulty.hpp>
#include <phiscope/published_answer.hpp>
#include <phiscope/rational.hpp>

/// Is a generated answer right, how hard was the problem?
namespace phiscope::python {
namespace {

using nb::literals::operator""_a;
using Text = std::string;

/// A fractions.Fraction, or None.
nb::object fraction(const std::optional<Rational>& number) {
  if (!number) return nb::none();
  return nb::module_::import_("fractions").attr("Fraction")(number->numerator, number->denominator);
}

/// From an int or a fractions.Fraction.
Rational rational_of(const nb::object& number, const char* name) {
  if (nb::hasattr(number, "numerator") && nb::hasattr(number, "denominator")) {
    const std::optional<Rational> result =
        make_rational(nb::cast<std::int64_t>(number.attr("numerator")),
                      nb::cast<std::int64_t>(number.attr("denominator")));
    if (result) return *result;
  }
  throw std::invalid_argument(Text(name) + ": expected an int or a fractions.Fraction");
}

void bind_numbers(nb::module_& m) {
  define(
      m, "whole_number",
      [](const Text& text, const Text& percent) {
        return fraction(whole_number(text, choice<Percent>("percent", percent,
                                                           {{"ignored", Percent::ignored},
                                                            {"hundredths", Percent::hundredths}})));
      },
      "text"_a, nb::kw_only(), "percent"_a = "ignored");
  define(
      m, "last_number_of", [](const Text& t) { return fraction(last_number_of(t)); }, "text"_a);
  define(
      m, "gold_number", [](const Text& t) { return fraction(gold_number(t)); }, "answer"_a);
  m.def(
      "strict_number", [](const Text& t) { return fraction(strict_number(t)); }, "generated"_a,
      "The number after \"####\" alone, as GSM8K is scored: a fractions.Fraction, or None.");
  m.def(
      "flexible_number", [](const Text& t) { return fraction(flexible_number(t)); }, "generated"_a,
      "The last number alone, as GSM8K is scored: a fractions.Fraction, or None.");
  define(
      m, "parse_decimal", [](const Text& t) { return fraction(parse_decimal(t)); }, "text"_a);
  define(
      m, "published_step_number", [](const Text& t) { return fraction(published_step_number(t)); },
      "text"_a);
  define(
      m, "is_right_number",
      [](const nb::object& given, const nb::object& gold) {
        return is_right_number(rational_of(given, "given"), rational_of(gold, "gold"));
      },
      "given"_a, "gold"_a);
}

void bind_texts(nb::module_& m) {
  define(
      m, "boxed_text", [](const Text& t) { return boxed_text(t); }, "text"_a);
  define(
      m, "gold_text", [](const Text& t) { return Text(gold_text(t)); }, "answer"_a);
  define(
      m, "given_text", [](const Text& t) { return Text(given_text(t)); }, "generated"_a);
  define(
      m, "answer_key", [](const Text& t) { return answer_key(t); }, "generated"_a);
  define(
      m, "published_sampling_answer", [](const Text& t) { return published_sampling_answer(t); },
      "text"_a);
  define(
      m, "is_right_answer",
      [](const Text& generated, const Text& gold) { return is_right_answer(generated, gold); },
      "generated"_a, "gold"_a);
  m.def(
      "is_right",
      [](const Text& grader, const Text& generated, const Text& gold) {
        const auto which = choice<Grader>("grader", grader,
                                          {{"boxed", Grader::boxed},
                                           {"strict", Grader::strict},
                                           {"flexible", Grader::flexible},
                                           {"published", Grader::published}});
        return is_right(which, generated, gold);
      },
      "grader"_a, "generated"_a, "gold"_a,
      lasting(Text(doc("is_right")) + "\n\ngrader: boxed, strict, flexible or published.").data());
}

}  // namespace

void bind_answers(nb::module_& m) {
  bind_numbers(m);
  bind_texts(m);
  define(
      m, "count_steps", [](const Text& t) { return count_steps(t); }, "answer"_a);
  m.def(
      "stratum_of", [](std::size_t steps) { return Text(stratum_names[stratum_of(steps)]); },
      "steps"_a,
      "The stratum of difficulty of so many steps: \"2\" (and fewer), \"3\", \"4\", \"5+\".");
  constexpr LoopOptions defaults;
  define(
      m, "loop_period",
      [](const Array& tokens, std::size_t tail, std::size_t max_period) {
        return loop_period(Integers64(tokens, "tokens").span,
                           {.tail = tail, .max_period = max_period});
      },
      "tokens"_a, nb::kw_only(), "tail"_a = defaults.tail, "max_period"_a = defaults.max_period);
}

}  // namespace phiscope::python
