async def serve_management(node, host, port):
    raise OSError("not yet")
