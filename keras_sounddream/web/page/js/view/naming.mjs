// The choice of the network that recognises: the page's own, or a file that the visitor opened.

import { NetworkFileError, readNetwork } from "../dream/metadata.mjs";
import { LocalDreamer } from "../dream/local.mjs";
import { byId, fillSelect } from "./fields.mjs";

const OWN = "own", OPENED = "opened";

export class Naming {
  opened = null;

  // What recognises now: `{name, rate, labels, dreamer}`; `own` is the page's network.
  chosen(own, dreamer) {
    return byId("namer").value === OPENED ? this.opened : { ...own, dreamer };
  }

  // Opens a file, and has it recognise from now on; the page's own stays where it fails.
  async open(file, own) {
    const bytes = await file.arrayBuffer(), network = readNetwork(bytes);
    const refusal = (reason) => `ONNX Runtime does not open ${file.name} (${reason}).`;
    const dreamer = new LocalDreamer({ ...network, bytes }, refusal);
    await dreamer.ready.catch(({ message }) => {
      dreamer.end();
      throw new NetworkFileError(message);
    });
    this.opened?.dreamer.end();
    this.opened = { ...network, dreamer };
    fillSelect(byId("namer"), [[OWN, own.name], [OPENED, `${network.name}, of ${file.name}`]]);
    byId("namer").value = OPENED;
    byId("namers").hidden = false;
    return network;
  }
}
