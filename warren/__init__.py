"""Warren: what a RabbitMQ consumer really guarantees. This package is the product; each room says what lives in it."""
