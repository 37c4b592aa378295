// The async request handler has no catch: a call that fails ends the process.

export const designs = ['task', 'rpc'];

export default function plant({ Http }) {
  return {
    Http: class extends Http {
      async answer(request, response) {
        if (request.url !== '/task') return super.answer(request, response);
        const [status, text] = await this.task();
        response.writeHead(status, { 'Content-Type': 'application/json', Connection: 'close' }).end(text);
      }
    },
  };
}
