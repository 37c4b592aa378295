"""What is wrong with a file of data."""


class DataError(Exception):
    """The file cannot be read, understood or written; the text is a sentence for a person."""
