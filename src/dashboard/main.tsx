import './style/token.css';
import './style/base.css';
import './style/layout.css';
import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Provider } from 'urql';
import { App } from './app.tsx';
import { makeClient } from './client.ts';
import { LanguageProvider } from './language.tsx';
import { watchToken } from './token.ts';
import { ViewerProvider } from './viewer.tsx';

/** The whole page. Who signs in or out gets a client without the answers that somebody else was given. */
function Page() {
  const [client, setClient] = useState(makeClient);
  useEffect(() => watchToken(() => setClient(makeClient())), []);
  return (
    <LanguageProvider>
      <Provider value={client}>
        <ViewerProvider>
          <App />
        </ViewerProvider>
      </Provider>
    </LanguageProvider>
  );
}

const root = document.getElementById('root');
if (root === null) throw new Error('index.html lacks the element that the page is drawn in');
createRoot(root).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
