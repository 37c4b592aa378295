"""What must hold: the cases and their catalogue, and nothing else.

`consumers` judges implementations (document 1), `brokers` judges brokers (document 2). How a case runs is the matter
of `warren`.
"""
