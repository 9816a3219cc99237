//! Without an account: a stand-in for Loop, some shoppers and a small warehouse, so that there is
//! something to see. What happens here with the sandbox and the warehouse people do elsewhere.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ams_loop_bridge::{Policy, rma_key};
use ams_oms_client::{
    Condition, ItemRef, MerchantId, Oms as _, ReceiptId, ReceivedUnits, RmaKey, RmaSnapshot,
    SqliteOms, Warehouse as _, WarehouseWork,
};
use loop_client::sandbox::{NewLine, NewReturn, Processing, Sandbox};
use loop_client::webhook::{Topic, Trigger, WebhookVerifier};
use loop_client::{ApiKey, ApiVersion, Client, RateLimit};
use tempfile::TempDir;

use crate::Outcome;
use crate::config::{DRAIN, LOCAL, MerchantSettings, OmsSettings, Schedule, Secret, Settings};

const MERCHANT: &str = "acme";
/// What is found of each return; the last one is still on its way.
const FOUND: [Option<[Condition; 2]>; 5] = [
    Some([Condition::Available, Condition::Available]),
    Some([Condition::Available, Condition::Damaged]),
    Some([Condition::Damaged, Condition::Damaged]),
    Some([Condition::Available, Condition::Available]),
    None,
];
/// While an RMA is not there yet, the warehouse looks again after this.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

pub(crate) struct Demo {
    sandbox: Sandbox,
    oms: Arc<SqliteOms>,
    /// Goes when the demonstration ends.
    folder: TempDir,
}

impl Demo {
    pub(crate) async fn prepare() -> Outcome<(Demo, Settings)> {
        let folder = tempfile::tempdir()?;
        let sandbox = Sandbox::builder()
            .processing(Processing::After(Duration::from_secs(3)))
            .start()
            .await?;
        let oms = Arc::new(SqliteOms::open(folder.path().join("oms.sqlite")).await?);
        let merchant = MerchantSettings {
            id: MERCHANT.parse()?,
            api_key: Secret::new(sandbox.api_key().to_owned()),
            base_url: Some(sandbox.base_url().to_owned()),
            version: ApiVersion::default(),
            calls: RateLimit::default(),
            webhooks: Some(WebhookVerifier::new([sandbox.webhook_secret()])?),
            oms: OmsSettings::Ready(oms.clone()),
            // People who look on should not have to wait for minutes.
            schedule: Schedule {
                pull: Duration::from_secs(10),
                settle: Duration::from_secs(2),
                ..Schedule::default()
            },
            policy: Policy::processing(),
        };
        let settings = Settings {
            listen: LOCAL,
            operator_listen: None,
            state: folder.path().to_owned(),
            database: None,
            drain: DRAIN,
            grace: Duration::ZERO,
            workers: std::num::NonZeroUsize::MIN,
            merchants: vec![merchant],
        };
        let demo = Demo {
            sandbox,
            oms,
            folder,
        };
        Ok((demo, settings))
    }

    /// Shoppers send things back, and the warehouse receives most of them.
    pub(crate) async fn play(self, base: &str) -> Outcome<()> {
        let client = Client::builder(ApiKey::new(self.sandbox.api_key())?)
            .base_url(self.sandbox.base_url())
            .build()?;
        let url = format!("{base}/webhooks/loop/{MERCHANT}");
        for trigger in [
            Trigger::ReturnCreated,
            Trigger::ReturnUpdated,
            Trigger::ReturnClosed,
        ] {
            client
                .webhooks()
                .create(&Topic::Return, &trigger, &url)
                .await?;
        }
        let merchant: MerchantId = MERCHANT.parse()?;
        for (at, found) in FOUND.into_iter().enumerate() {
            let id = self.sandbox.create_return(
                NewReturn::new(format!("#{}", 1001 + at))
                    .outcome("refund")
                    .line(NewLine::new("TEE-BLK-M"))
                    .line(NewLine::new("JEANS-32")),
            );
            let key = rma_key(&merchant, id.try_into()?);
            let rma = self.announced(&key).await?;
            if let Some(conditions) = found {
                self.receive(&key, &rma, conditions).await?;
            }
        }
        // The sandbox and the files live as long as this does.
        std::future::pending::<()>().await;
        drop(self.folder);
        Ok(())
    }

    async fn announced(&self, key: &RmaKey) -> Outcome<RmaSnapshot> {
        loop {
            if let Some(rma) = self.oms.get_rma(key).await? {
                return Ok(rma);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn receive(
        &self,
        key: &RmaKey,
        rma: &RmaSnapshot,
        conditions: [Condition; 2],
    ) -> Outcome<()> {
        let units = rma
            .lines
            .iter()
            .filter_map(|line| line.line_ref.clone())
            .zip(conditions)
            .map(|(line, found)| ReceivedUnits::new(ItemRef::Line(line), found, NonZeroU32::MIN))
            .collect();
        let receipt_id = ReceiptId::new(format!("{}-1", key.rma_number))?;
        self.oms
            .apply(key, WarehouseWork::Receive { receipt_id, units })
            .await?;
        self.oms.apply(key, WarehouseWork::Close).await?;
        Ok(())
    }
}
