"""The hardened reference with exactly one planted defect, so that the judge can be judged.

Here live the defects, by theme, and `DEFECTS`, which names them. Which guarantee each one breaks
stands in its manifest, `<defect>.toml`; that the suite sees it is shown in `tests/conformance`.
Everything else comes from `reference_impl.hardened`: docs/decisions/0003 says why.
"""
