// What is put aside keeps all its properties: expiration (the copy goes), user_id (it is refused), CC (it goes elsewhere).

export const designs = ['blocking'];

export default function plant({ Worker }) {
  return {
    Worker: class extends Worker {
      copy(message, properties, error) {
        return super.copy(message, message.properties, error);
      }
    },
  };
}
