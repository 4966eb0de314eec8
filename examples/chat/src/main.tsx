import { ConvexProviderWithAuth, ConvexReactClient } from "convex/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { CONVEX_URL } from "./deployment";
import { GuestProvider, useGuestAuth } from "./guest";

const client = new ConvexReactClient(CONVEX_URL);
const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element with the id root");

createRoot(root).render(
  <StrictMode>
    <GuestProvider>
      <ConvexProviderWithAuth client={client} useAuth={useGuestAuth}>
        <App />
      </ConvexProviderWithAuth>
    </GuestProvider>
  </StrictMode>,
);
