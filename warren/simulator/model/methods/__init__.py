"""What a broker does with each command: one module per AMQP class, a function per method.

A function takes the broker's state, the channel the command came on, and the command. It answers
by appending to `state.events`, and raises AmqpError when the command breaks a rule.
"""
